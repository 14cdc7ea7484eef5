import { Button, NativeSelect, PasswordInput, TextInput } from "@mantine/core";
import { useState, type FormEvent } from "react";
import { send } from "../api/client";
import type { Connector } from "../api/types";
import { Confirm } from "../shell/Confirm";
import { ErrorNotice, Facts, Panel, Tag } from "../shell/parts";

const KINDS = {
  basic: { label: "User name and password (Basic)", open: "username", secret: "password" },
  bearer: { label: "Token (Bearer)", open: null, secret: "token" },
  header: { label: "A header field", open: "name", secret: "value" },
  wsse: { label: "WS-Security user name token", open: "username", secret: "password" },
} as const;
type Kind = keyof typeof KINDS;
const LABELS: Record<string, string> = { username: "User name", password: "Password", token: "Token", name: "Header", value: "Value" };

/** Who the platform is to the system behind a connector; the secret part is never shown again. */
export function Credentials({ connector, changed }: { connector: Connector; changed: (connector: Connector) => void }) {
  const path = `/connectors/${connector.id}/credentials`;
  const present = connector.credentials;
  const [kind, setKind] = useState<Kind>(present && present.kind in KINDS ? (present.kind as Kind) : "basic");
  const [open, setOpen] = useState(present?.username ?? present?.name ?? "");
  const [secret, setSecret] = useState("");
  const [error, setError] = useState<Error>();
  const shape = KINDS[kind];
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setError(undefined);
    const body = { kind, ...(shape.open ? { [shape.open]: open } : {}), [shape.secret]: secret };
    send<Connector>("PUT", path, body).then(changed, setError);
  };
  return (
    <div className="narrow">
      <Panel
        title="Credentials"
        tools={
          present ? (
            <Confirm
              label="Remove"
              name="Remove the credentials"
              title="Remove the credentials"
              small
              danger
              act={async () => changed(await send<Connector>("DELETE", path))}
              done={() => {}}
            >
              They are kept nowhere else; nothing brings them back. Calls go out without any.
            </Confirm>
          ) : (
            <Tag>none</Tag>
          )
        }
      >
        <form className="stack" onSubmit={submit}>
          {present?.kind === "unreadable" && (
            <ErrorNotice error={new Error("The credentials were sealed with another key. Calls are refused until they are set anew.")} />
          )}
          {present && present.kind !== "unreadable" && (
            <Facts
              entries={[
                ["Kind", KINDS[present.kind as Kind]?.label ?? present.kind],
                ["User name", present.username],
                ["Header", present.name],
                ["Secret", "set, and not shown"],
              ]}
            />
          )}
          <NativeSelect
            label="Kind"
            value={kind}
            onChange={(event) => setKind(event.currentTarget.value as Kind)}
            data={Object.entries(KINDS)
              .filter(([value]) => value !== "wsse" || connector.kind === "SOAP")
              .map(([value, { label }]) => ({ value, label }))}
          />
          {shape.open && (
            <TextInput
              label={LABELS[shape.open]}
              required
              autoComplete="off"
              value={open}
              onChange={(event) => setOpen(event.currentTarget.value)}
            />
          )}
          <PasswordInput
            label={LABELS[shape.secret]}
            description="Encrypted, and never shown again."
            required
            autoComplete="new-password"
            value={secret}
            onChange={(event) => setSecret(event.currentTarget.value)}
          />
          <ErrorNotice error={error} />
          <div>
            <Button type="submit">{present ? "Replace" : "Set"}</Button>
          </div>
        </form>
      </Panel>
    </div>
  );
}
