import { Button, NativeSelect, TextInput } from "@mantine/core";
import { useState, type FormEvent } from "react";
import type { Backend } from "../api/types";
import { Empty, ErrorNotice, Panel } from "../shell/parts";
import type { Change } from "./BackendPage";

type Kind = "text" | "number" | "true or false";

interface Line {
  name: string;
  kind: Kind;
  value: string;
}

const KINDS: Kind[] = ["text", "number", "true or false"];

/** What an app reads at its start: names with a text, a number, or true or false. */
export function AppPolicies({ backend, change }: { backend: Backend; change: Change | undefined }) {
  const [lines, setLines] = useState(() => Object.entries(backend.appPolicies).map(line));
  const [error, setError] = useState<Error>();
  const set = (at: number, part: Partial<Line>) =>
    setLines((old) => old.map((one, index) => (index === at ? { ...one, ...part } : one)));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setError(undefined);
    try {
      change?.({ appPolicies: understood(lines) }).catch(setError);
    } catch (problem) {
      setError(problem as Error);
    }
  };
  return (
    <Panel
      title="App policies"
      tools={
        change && (
          <Button size="compact-sm" variant="default" onClick={() => setLines([...lines, { name: "", kind: "text", value: "" }])}>
            Add policy
          </Button>
        )
      }
    >
      <form className="stack" onSubmit={submit}>
        {lines.length === 0 && (
          <Empty title="No app policies">Settings that the app reads at its start, changed without a new release.</Empty>
        )}
        {lines.map((one, at) => (
          <div className="row" key={at}>
            <TextInput
              aria-label={`Name ${at + 1}`}
              placeholder="refreshSeconds"
              required
              readOnly={!change}
              value={one.name}
              onChange={(event) => set(at, { name: event.currentTarget.value })}
            />
            <NativeSelect
              aria-label={`Type of ${one.name}`}
              data={KINDS}
              disabled={!change}
              value={one.kind}
              onChange={(event) => set(at, { kind: event.currentTarget.value as Kind })}
            />
            {one.kind === "true or false" ? (
              <NativeSelect
                aria-label={`Value of ${one.name}`}
                data={["true", "false"]}
                disabled={!change}
                value={one.value === "true" ? "true" : "false"}
                onChange={(event) => set(at, { value: event.currentTarget.value })}
              />
            ) : (
              <TextInput
                className="grow"
                aria-label={`Value of ${one.name}`}
                inputMode={one.kind === "number" ? "decimal" : "text"}
                readOnly={!change}
                value={one.value}
                onChange={(event) => set(at, { value: event.currentTarget.value })}
              />
            )}
            {change && (
              <Button
                size="compact-sm"
                variant="subtle"
                color="red"
                aria-label={`Remove ${one.name}`}
                onClick={() => setLines(lines.filter((_, index) => index !== at))}
              >
                Remove
              </Button>
            )}
          </div>
        ))}
        <ErrorNotice error={error} />
        {change && (lines.length > 0 || Object.keys(backend.appPolicies).length > 0) && (
          <div>
            <Button type="submit">Save policies</Button>
          </div>
        )}
      </form>
    </Panel>
  );
}

function line([name, value]: [string, unknown]): Line {
  const kind: Kind = typeof value === "number" ? "number" : typeof value === "boolean" ? "true or false" : "text";
  return { name, kind, value: String(value) };
}

function understood(lines: Line[]): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const { name, kind, value } of lines) {
    if (name in found) throw new Error(`${name} is there twice.`);
    if (kind === "number" && (value.trim() === "" || !Number.isFinite(Number(value)))) {
      throw new Error(`${name}: ${value || "nothing"} is no number.`);
    }
    found[name] = kind === "number" ? Number(value) : kind === "true or false" ? value === "true" : value;
  }
  return found;
}
