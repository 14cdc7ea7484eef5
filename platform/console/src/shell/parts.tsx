import { Alert, Button } from "@mantine/core";
import { useClipboard } from "@mantine/hooks";
import { useEffect, useRef, type ReactNode } from "react";
import { place } from "../api/format";
import type { Finding } from "../api/types";
import { Refusal } from "../api/client";
import css from "./parts.module.css";

/** A titled surface; `flush` lets a table touch its edges. */
export function Panel(props: { title?: ReactNode; tools?: ReactNode; flush?: boolean; children: ReactNode }) {
  const body = useRef<HTMLDivElement>(null);
  // What has to be scrolled sideways, and has nothing in it to be reached by the keyboard, can be reached itself.
  useEffect(() => {
    const node = body.current;
    if (!node || !props.flush) return;
    const judge = () => {
      const reachable = node.querySelector("a, button, input, select, [tabindex]") !== null;
      if (node.scrollWidth > node.clientWidth && !reachable) node.tabIndex = 0;
      else node.removeAttribute("tabindex");
    };
    judge();
    // A narrower window draws nothing anew, and still leaves something to scroll to.
    const watching = new ResizeObserver(judge);
    watching.observe(node);
    return () => watching.disconnect();
  });
  return (
    <section className={css.panel}>
      {(props.title || props.tools) && (
        <div className={css.panelHead}>
          {typeof props.title === "string" && props.title !== "" ? <h2>{props.title}</h2> : <div className="grow">{props.title}</div>}
          <div className="row">{props.tools}</div>
        </div>
      )}
      <div ref={body} className={props.flush ? "scroll" : css.panelBody}>{props.children}</div>
    </section>
  );
}

export function PageHead(props: { title: ReactNode; under?: ReactNode; children?: ReactNode }) {
  return (
    <header className={css.pageHead}>
      <div>
        <h1>{props.title}</h1>
        {props.under && <div className="soft">{props.under}</div>}
      </div>
      <div className="row">{props.children}</div>
    </header>
  );
}

type Tone = "ok" | "warn" | "bad" | "calm" | "plain";

export function Tag(props: { tone?: Tone; children: ReactNode; title?: string }) {
  return (
    <span className={`${css.tag} ${css[props.tone ?? "plain"]}`} title={props.title}>
      {props.children}
    </span>
  );
}

/** The status by number and word as well as by colour. */
export function StatusTag({ status }: { status: number }) {
  const tone = status >= 500 ? "bad" : status >= 400 ? "warn" : status >= 300 ? "calm" : "ok";
  const word = status >= 500 ? "error" : status >= 400 ? "refused" : status >= 300 ? "moved" : "ok";
  return (
    <Tag tone={tone}>
      {status} <span className="word">{word}</span>
    </Tag>
  );
}

const LEVELS: Record<string, Tone> = {
  severe: "bad",
  critical: "bad",
  fatal: "bad",
  error: "bad",
  warning: "warn",
  info: "calm",
};

export function LevelTag({ level, times }: { level: string; times?: number }) {
  return (
    <Tag tone={LEVELS[level.toLowerCase()] ?? "plain"}>
      {level.toLowerCase()}
      {times ? ` ${times}` : ""}
    </Tag>
  );
}

export function Method({ name }: { name: string }) {
  return <span className={`${css.method} ${css[name] ?? ""}`}>{name}</span>;
}

/** What was found in an uploaded file: where, which rule, what to do. */
export function Findings({ findings }: { findings: Finding[] }) {
  return (
    <div>
      {findings.map((finding, index) => (
        <div className={css.finding} key={index}>
          <Tag tone={finding.severity === "warning" ? "warn" : "bad"}>{finding.severity || "error"}</Tag>
          <div>
            <div className={css.findingText}>{finding.message}</div>
            <div className="mono soft">
              {place(finding)} {finding.code}
            </div>
          </div>
        </div>
      ))}
    </div>
  );
}

export function Block({ text, label }: { text: string; label?: string }) {
  return (
    <pre className={css.block} tabIndex={0} aria-label={label}>
      {text}
    </pre>
  );
}

export function CopyButton({ text, label = "Copy" }: { text: string; label?: string }) {
  const board = useClipboard({ timeout: 1500 });
  return (
    <Button size="compact-xs" variant="default" onClick={() => board.copy(text)}>
      {board.error ? "Refused by the browser" : board.copied ? "Copied" : label}
    </Button>
  );
}

export function CopyBlock({ text, label }: { text: string; label: string }) {
  return (
    <div className={css.copied}>
      <Block text={text} label={label} />
      <CopyButton text={text} />
    </div>
  );
}

export function Empty(props: { title: string; children?: ReactNode }) {
  return (
    <div className={css.empty}>
      <h2>{props.title}</h2>
      {props.children}
    </div>
  );
}

/** A refusal in full: the sentence, each finding and what the build said. */
export function ErrorNotice({ error, title }: { error: Error | null | undefined; title?: string }) {
  if (!error) return null;
  const refusal = error instanceof Refusal ? error : null;
  return (
    <Alert color="red" variant="light" title={title} role="alert">
      <div>{error.message}</div>
      {refusal && refusal.findings.length > 0 && <Findings findings={refusal.findings} />}
      {refusal?.buildLog && <Block text={refusal.buildLog} label="Build log" />}
    </Alert>
  );
}

export function Facts({ entries }: { entries: [string, ReactNode][] }) {
  return (
    <dl className={css.facts}>
      {entries
        .filter(([, value]) => value !== null && value !== undefined && value !== "")
        .map(([name, value]) => (
          <div key={name} style={{ display: "contents" }}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}
