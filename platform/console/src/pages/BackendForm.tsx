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
  const [error, setError] = useState<Error>();
  const [busy, setBusy] = useState(false);
  const change = (part: Partial<typeof body>) => setBody((old) => ({ ...old, ...part }));

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    try {
      await props.save({ ...body, corsOrigins: words(origins), appPolicies: props.backend?.appPolicies ?? {} });
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
      <ErrorNotice error={error} />
      <Button type="submit" disabled={busy}>
        {props.submitLabel}
      </Button>
    </form>
  );
}
