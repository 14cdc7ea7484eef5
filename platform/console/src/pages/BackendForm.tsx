import { Button, Switch, TextInput, Textarea } from "@mantine/core";
import { useState, type FormEvent } from "react";
import type { Backend } from "../api/types";
import { ErrorNotice } from "../shell/parts";
import { words } from "./words";

export type BackendBody = Pick<
  Backend,
  "name" | "version" | "description" | "basicAuth" | "anonymousAuth" | "realm" | "corsOrigins" | "appPolicies"
>;

/** A backend's settings; used for a new one and for changes. */
export function BackendForm(props: { backend?: Backend; submitLabel: string; save: (body: BackendBody) => Promise<void> }) {
  const [body, setBody] = useState(() => ({
    name: props.backend?.name ?? "",
    version: props.backend?.version ?? "1.0",
    description: props.backend?.description ?? "",
    realm: props.backend?.realm ?? "Default",
    basicAuth: props.backend?.basicAuth ?? true,
    anonymousAuth: props.backend?.anonymousAuth ?? true,
  }));
  const [origins, setOrigins] = useState((props.backend?.corsOrigins ?? []).join("\n"));
  const [policies, setPolicies] = useState(written(props.backend?.appPolicies ?? {}));
  const [error, setError] = useState<Error>();
  const [busy, setBusy] = useState(false);
  const change = (part: Partial<typeof body>) => setBody((old) => ({ ...old, ...part }));

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    try {
      await props.save({ ...body, corsOrigins: words(origins), appPolicies: understood(policies) });
    } catch (problem) {
      setError(problem as Error);
    } finally {
      setBusy(false);
    }
  };

  return (
    <form className="stack" onSubmit={(event) => void submit(event)}>
      <div className="columns">
        <TextInput label="Name" required value={body.name} onChange={(event) => change({ name: event.currentTarget.value })} />
        <TextInput
          label="Version"
          required
          value={body.version}
          onChange={(event) => change({ version: event.currentTarget.value })}
        />
      </div>
      <TextInput
        label="Description"
        value={body.description}
        onChange={(event) => change({ description: event.currentTarget.value })}
      />
      <TextInput
        label="Realm"
        description="The group of mobile users that may sign in."
        value={body.realm}
        onChange={(event) => change({ realm: event.currentTarget.value })}
      />
      <Switch
        withThumbIndicator={false}
        label="Users sign in with name and password (Basic)"
        checked={body.basicAuth}
        onChange={(event) => change({ basicAuth: event.currentTarget.checked })}
      />
      <Switch
        withThumbIndicator={false}
        label="Anonymous callers with the anonymous key"
        checked={body.anonymousAuth}
        onChange={(event) => change({ anonymousAuth: event.currentTarget.checked })}
      />
      <Textarea
        label="CORS origins"
        description="Web pages that may call; one a line, * for any port."
        rows={3}
        placeholder="http://localhost:*"
        value={origins}
        onChange={(event) => setOrigins(event.currentTarget.value)}
      />
      <Textarea
        label="App policies"
        description="Settings the app reads at its start; one a line as name = value."
        rows={4}
        placeholder="refreshSeconds = 30"
        value={policies}
        onChange={(event) => setPolicies(event.currentTarget.value)}
      />
      <ErrorNotice error={error} />
      <Button type="submit" disabled={busy}>
        {props.submitLabel}
      </Button>
    </form>
  );
}

function written(policies: Record<string, unknown>): string {
  return Object.entries(policies)
    .map(([name, value]) => `${name} = ${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join("\n");
}

/** Numbers, true and false are kept as such; everything else is text. */
function understood(text: string): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const at = line.indexOf("=");
    if (at < 1) throw new Error(`App policies, line ${index + 1}: write it as name = value.`);
    const value = line.slice(at + 1).trim();
    const plain = value === "true" || value === "false" || /^-?\d+(\.\d+)?$/.test(value);
    found[line.slice(0, at).trim()] = plain ? (JSON.parse(value) as unknown) : value;
  }
  return found;
}
