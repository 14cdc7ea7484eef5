import { Link } from "wouter";
import { bytes, milliseconds } from "../api/format";
import { CopyBlock, Facts, Panel, StatusTag } from "../shell/parts";
import type { Received } from "./calling";
import css from "./TestPage.module.css";

/** What came back: status, headers, body, and the way to the log. */
export function TestAnswer({ received }: { received: Received }) {
  const { status, durationMs, size, ecid } = received;
  return (
    <Panel
      title={
        <span className={css.title} data-testid="test-status">
          <StatusTag status={status} />
          <span className="soft small">
            {milliseconds(durationMs)}, {bytes(size)}
          </span>
        </span>
      }
      tools={ecid && <Link href={`/requests?open=${encodeURIComponent(ecid)}`}>Log lines of this call</Link>}
    >
      <div className="stack" role="status">
        {received.image ? (
          <img src={received.image} alt="The body of the answer" className={css.image} />
        ) : received.text !== null ? (
          received.text !== "" && <CopyBlock label="Body" text={pretty(received.text)} />
        ) : (
          <div className="soft">{bytes(size)} that are no text.</div>
        )}
        <details>
          <summary>Headers</summary>
          <Facts entries={received.headers.map(([name, value]) => [name, <code key={name}>{value}</code>])} />
        </details>
        <div className="soft small mono">{received.sent}</div>
      </div>
    </Panel>
  );
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
