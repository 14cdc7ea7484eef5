import { Button, Modal, Switch, TextInput, Textarea } from "@mantine/core";
import { useState, type FormEvent } from "react";
import { send } from "../api/client";
import { fullTime, moment } from "../api/format";
import type { ConfigurationValue } from "../api/types";
import { usePaged } from "../api/usePaged";
import { Confirm } from "../shell/Confirm";
import { ListPanel, type Column } from "../shell/DataTable";
import { Empty, ErrorNotice, Tag } from "../shell/parts";

export const VALUE_COLUMNS: Column<ConfigurationValue>[] = [
  { head: "Name", text: (one) => one.name, style: "mono" },
  {
    head: "Value",
    // A secret is not in the answer, so it is in no export either.
    text: (one) => one.value,
    cell: (one) => (one.secret ? <Tag tone="warn">secret</Tag> : <code>{one.value}</code>),
    style: "wide",
  },
  { head: "Set by", text: (one) => one.modifiedBy },
  {
    head: "Set",
    text: (one) => one.modifiedAt,
    cell: (one) => (
      <span className="soft together" title={fullTime(one.modifiedAt)}>
        {moment(one.modifiedAt)}
      </span>
    ),
  },
];

/** What implementations read through `req.mobile.config`, for one API or one backend. */
export function Configuration({ path, of }: { path: string; of: "API" | "backend" }) {
  const list = usePaged<ConfigurationValue>(`${path}/configuration`);
  const [setting, setSetting] = useState<ConfigurationValue | "new" | null>(null);
  const done = () => {
    setSetting(null);
    list.reload();
  };
  return (
    <>
      <ListPanel
        label="Configuration"
        list={list}
        columns={VALUE_COLUMNS}
        identity={(one) => one.name}
        title="Configuration and secrets"
        tools={
          <Button size="compact-sm" variant="default" onClick={() => setSetting("new")}>
            Set a value
          </Button>
        }
        empty={
          <Empty title="Nothing is configured">
            Addresses and keys that the code reads with <code>req.mobile.config</code> belong here, not into the upload.
            {of === "API" ? " A backend's value wins over the API's." : " It wins over what is set for an API."}
          </Empty>
        }
        actions={(one) => <ValueActions path={path} one={one} replace={() => setSetting(one)} done={list.reload} />}
      />
      <Modal opened={setting !== null} onClose={() => setSetting(null)} title="Set a value" lockScroll={false}>
        {setting !== null && <ValueForm path={path} {...(setting === "new" ? {} : { before: setting })} done={done} />}
      </Modal>
    </>
  );
}

export function ValueActions(props: { path: string; one: ConfigurationValue; replace: () => void; done: () => void }) {
  const { one } = props;
  return (
    <>
      <Button size="compact-xs" variant="default" aria-label={`Replace ${one.name}`} onClick={props.replace}>
        Replace
      </Button>
      <Confirm
        label="Remove"
        name={`Remove ${one.name}`}
        title={`Remove ${one.name}`}
        small
        danger
        act={() => send("DELETE", `${props.path}/configuration/${encodeURIComponent(one.name)}`)}
        done={props.done}
      >
        {one.secret ? "The secret is kept nowhere else; nothing brings it back." : "Undo is under Activity."} The implementations
        concerned get new workers.
      </Confirm>
    </>
  );
}

/** A new value, or another one for a name; a secret is never shown again. */
export function ValueForm({ path, before, done }: { path: string; before?: ConfigurationValue; done: () => void }) {
  const [name, setName] = useState(before?.name ?? "");
  const [value, setValue] = useState(before?.value ?? "");
  const [secret, setSecret] = useState(before?.secret ?? false);
  const [error, setError] = useState<Error>();
  const [busy, setBusy] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    send("PUT", `${path}/configuration/${encodeURIComponent(name.trim())}`, { value, secret })
      .then(done, setError)
      .finally(() => setBusy(false));
  };
  return (
    <form className="stack" onSubmit={submit}>
      <TextInput
        label="Name"
        description="A letter, then letters, digits, _, . and -."
        required
        autoComplete="off"
        readOnly={before !== undefined}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Switch
        withThumbIndicator={false}
        label="A secret: encrypted, masked in logs, never shown again"
        checked={secret}
        onChange={(event) => setSecret(event.currentTarget.checked)}
      />
      <Textarea
        label="Value"
        {...(before?.secret ? { description: "The present one is not shown; this replaces it." } : {})}
        rows={3}
        required
        autoComplete="off"
        spellCheck={false}
        value={value}
        onChange={(event) => setValue(event.currentTarget.value)}
      />
      <ErrorNotice error={error} />
      <Button type="submit" disabled={busy}>
        {busy ? "Setting, and starting new workers …" : "Set"}
      </Button>
    </form>
  );
}
