import { Button, Modal, NativeSelect, Switch, Textarea, TextInput } from "@mantine/core";
import { useState, type FormEvent } from "react";
import { Refusal, download, send, upload } from "../api/client";
import { fullTime, moment } from "../api/format";
import type { Policy, PolicyChange } from "../api/types";
import { usePaged } from "../api/usePaged";
import { ListPanel, type Column } from "../shell/DataTable";
import { Empty, ErrorNotice, PageHead, Tag } from "../shell/parts";
import { useSession } from "../shell/session";
import { useFilters } from "../shell/useFilters";
import { FilePicker } from "./FilePicker";
import { Words } from "./filters";
import { PageTabs } from "./tabs";

const COLUMNS: Column<Policy>[] = [
  {
    head: "Policy",
    text: (one) => one.name,
    cell: (one) => (
      <>
        <strong>{one.policy}</strong> {one.scope !== "*.*" && <Tag tone="calm">{one.scope}</Tag>}
        <div className="soft small">{one.desc}</div>
      </>
    ),
    style: "wide",
  },
  {
    head: "Value",
    text: (one) => one.text,
    cell: (one) => (
      <>
        <code>{shortened(one.text) || "(empty)"}</code> <span className="soft">{one.unit}</span>{" "}
        {!one.isDefault && <Tag tone="warn">changed</Tag>}
      </>
    ),
  },
  { head: "Default", text: (one) => written(one.default), cell: (one) => <code className="soft">{shortened(one.default)}</code> },
  { head: "Type", text: (one) => one.type },
  {
    head: "Changed",
    text: (one) => one.modifiedAt ?? "",
    cell: (one) => (
      <span className="soft together">{one.modifiedAt ? `${moment(one.modifiedAt)} by ${one.modifiedBy ?? ""}` : "–"}</span>
    ),
  },
];

/** The rules of the whole installation, of a backend or of an API; a change holds at once. */
export default function PoliciesPage() {
  const [importing, setImporting] = useState(false);
  const [error, setError] = useState<Error>();
  const [round, setRound] = useState(0);
  const { may } = useSession();
  return (
    <>
      <PageHead title="Policies" under="From the narrowest to the widest: an API in a backend, a backend, everywhere">
        <Button variant="default" onClick={() => void download("/policies/export", "policies.properties").catch(setError)}>
          Export
        </Button>
        {may("administrator") && (
          <Button variant="default" onClick={() => setImporting(true)}>
            Import
          </Button>
        )}
      </PageHead>
      <ErrorNotice error={error} />
      <PageTabs
        key={round}
        label="Policies"
        tabs={[
          { id: "policies", name: "Policies", content: () => <Policies /> },
          { id: "history", name: "History", content: () => <History /> },
        ]}
      />
      <Modal opened={importing} onClose={() => setImporting(false)} title="Import policies" lockScroll={false}>
        <Import
          done={() => {
            setImporting(false);
            setRound(round + 1);
          }}
        />
      </Modal>
    </>
  );
}

function Policies() {
  const [filter, setFilter] = useFilters();
  const { may } = useSession();
  const [editing, setEditing] = useState<Partial<Policy> | null>(null);
  const list = usePaged<Policy>("/policies", { name: filter("name") });
  const missing = list.error instanceof Refusal && list.error.status === 404;
  const done = () => {
    setEditing(null);
    list.reload();
  };
  if (missing) return <Empty title="This platform has no policies yet">They come with the next version.</Empty>;
  return (
    <>
      <ListPanel
        label="Policies"
        list={list}
        columns={COLUMNS}
        identity={(one) => one.name}
        open={may("administrator") ? setEditing : undefined}
        title={<Words label="Search" value={filter("name")} change={(name) => setFilter({ name, page: null })} search width={240} />}
        tools={
          may("administrator") && (
            <Button size="compact-sm" variant="default" onClick={() => setEditing({})}>
              Set for a backend or API
            </Button>
          )
        }
        empty={<Empty title="No policy of that name">Search for another part of the name.</Empty>}
      />
      <Modal opened={editing !== null} onClose={() => setEditing(null)} title={editing?.policy ?? "Set a policy"} lockScroll={false}>
        {editing && <PolicyForm key={editing.name ?? ""} policy={editing} done={done} />}
      </Modal>
    </>
  );
}

function PolicyForm({ policy, done }: { policy: Partial<Policy>; done: () => void }) {
  const [name, setName] = useState(policy.name ?? "");
  const [value, setValue] = useState(policy.text ?? "");
  const [error, setError] = useState<Error>();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    send("PUT", "/policies", { name, value, desc: "" }).then(done, setError);
  };
  const reset = () => send("DELETE", `/policies/${encodeURIComponent(name)}`).then(done, setError);
  const long = value.length > 60 || policy.type === "JSON";
  return (
    <form className="stack" onSubmit={submit}>
      <div className="soft">{policy.desc}</div>
      <TextInput
        label="Name"
        description="Backend(1.0).custom/Api(1.0).Policy; *.* holds everywhere."
        required
        value={name}
        readOnly={policy.name !== undefined}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      {policy.type === "Boolean" ? (
        <Switch
          withThumbIndicator={false}
          label={value}
          checked={value === "true"}
          onChange={(event) => setValue(event.currentTarget.checked ? "true" : "false")}
        />
      ) : (policy.choices ?? []).length > 0 ? (
        <NativeSelect label="Value" data={policy.choices ?? []} value={value} onChange={(event) => setValue(event.currentTarget.value)} />
      ) : long ? (
        <Textarea label="Value" rows={6} value={value} onChange={(event) => setValue(event.currentTarget.value)} />
      ) : (
        <TextInput
          label={`Value${policy.unit ? ` (${policy.unit})` : ""}`}
          value={value}
          onChange={(event) => setValue(event.currentTarget.value)}
        />
      )}
      <ErrorNotice error={error} />
      <div className="row">
        <Button type="submit">Save</Button>
        {policy.name !== undefined && !policy.isDefault && (
          <Button variant="default" onClick={() => void reset()}>
            Back to the default
          </Button>
        )}
      </div>
    </form>
  );
}

function History() {
  const list = usePaged<PolicyChange>("/policies/history");
  const [error, setError] = useState<Error>();
  const { may } = useSession();
  const undo = (one: PolicyChange) => send("POST", `/policies/history/${one.id}/undo`).then(list.reload, setError);
  const columns: Column<PolicyChange>[] = [
    { head: "Time", text: (one) => one.at, cell: (one) => <span className="soft together">{fullTime(one.at)}</span> },
    { head: "By", text: (one) => one.by },
    {
      head: "Change",
      text: (one) => one.changes.map((each) => `${each.name}: ${written(each.before)} → ${written(each.after)}`).join("; "),
      cell: (one) =>
        one.changes.slice(0, 10).map((each) => (
          <div key={each.name}>
            {each.name}: <code>{shortened(each.before) || "not set"}</code> → <code>{shortened(each.after) || "not set"}</code>
          </div>
        )),
      style: "wide",
    },
  ];
  return (
    <>
      <ErrorNotice error={error} title="Not undone" />
      <ListPanel
        label="Policy history"
        list={list}
        columns={columns}
        identity={(one) => one.id}
        empty={<Empty title="No policy was changed yet">Every change is kept here and can be undone.</Empty>}
        actions={(one) =>
          one.undone ? (
            <span className="soft small">undone</span>
          ) : (
            may("administrator") && (
              <Button size="compact-xs" variant="default" onClick={() => void undo(one)}>
                Undo
              </Button>
            )
          )
        }
      />
    </>
  );
}

interface Imported {
  changes: { name: string; before: unknown; after: unknown }[];
}

function Import({ done }: { done: () => void }) {
  const [file, setFile] = useState<File>();
  const [preview, setPreview] = useState<Imported>();
  const [error, setError] = useState<Error>();
  const look = (chosen: File | undefined) => {
    if (!chosen) return;
    setFile(chosen);
    setPreview(undefined);
    setError(undefined);
    upload<Imported>("/policies/import?dryRun=true", chosen, () => {}).then(setPreview, setError);
  };
  const take = () => file && upload<Imported>("/policies/import", file, () => {}).then(done, setError);
  return (
    <div className="stack">
      <FilePicker
        label="Choose policies.properties"
        hint="or drop it here; nothing is changed before you say so"
        accept=".properties,text/plain"
        testId="import-policies"
        take={(files) => look(files[0])}
      />
      <ErrorNotice error={error} title="Not imported" />
      {preview && (
        <>
          <div role="status">{preview.changes.length === 0 ? "It changes nothing." : `It changes ${preview.changes.length} policies:`}</div>
          {preview.changes.slice(0, 50).map((each) => (
            <div key={each.name} className="small">
              {each.name}: <code>{shortened(each.before) || "not set"}</code> → <code>{shortened(each.after) || "not set"}</code>
            </div>
          ))}
          <Button disabled={preview.changes.length === 0} onClick={() => void take()}>
            Import
          </Button>
        </>
      )}
    </div>
  );
}

function written(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

function shortened(value: unknown): string {
  const text = written(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
