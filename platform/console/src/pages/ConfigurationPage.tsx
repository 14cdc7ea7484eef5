import { Button, Modal, SegmentedControl } from "@mantine/core";
import { useState } from "react";
import { Link } from "wouter";
import type { Api, Backend, ConfigurationValue } from "../api/types";
import { usePaged } from "../api/usePaged";
import { ListPanel, type Column } from "../shell/DataTable";
import { Empty, PageHead, Tag } from "../shell/parts";
import { Picker } from "../shell/Picker";
import { useFilters } from "../shell/useFilters";
import { VALUE_COLUMNS, ValueActions, ValueForm } from "./Configuration";
import { Choice, Words } from "./filters";

type Owner = NonNullable<ConfigurationValue["owner"]>;

const PATHS = { api: "/apis/", backend: "/mobilebackends/" };
const PAGES = { api: "/apis/", backend: "/backends/" };
const pathOf = (owner: Owner) => PATHS[owner.kind] + owner.id;

const COLUMNS: Column<ConfigurationValue>[] = [
  {
    head: "Of",
    text: (one) => one.owner && `${one.owner.kind} ${one.owner.name} ${one.owner.version}`,
    cell: (one) =>
      one.owner && (
        <span className="together">
          <Tag>{one.owner.kind}</Tag>{" "}
          <Link href={`${PAGES[one.owner.kind]}${one.owner.id}?tab=configuration`}>{one.owner.name}</Link>{" "}
          <span className="soft">{one.owner.version}</span>
        </span>
      ),
  },
  ...VALUE_COLUMNS,
];

/** All that is configured, of every API and backend: which secrets exist, who set them and when. */
export default function ConfigurationPage() {
  const [filter, setFilter] = useFilters();
  const [setting, setSetting] = useState<ConfigurationValue | "new" | null>(null);
  const text = filter("text");
  const list = usePaged<ConfigurationValue>("/configuration", { text, secret: filter("secret") });
  const change = (name: string) => (value: string) => setFilter({ [name]: value, page: null });
  const done = () => {
    setSetting(null);
    list.reload();
  };
  return (
    <>
      <PageHead title="Configuration" under="What implementations read with req.mobile.config: addresses, keys, secrets">
        <Button onClick={() => setSetting("new")}>Set a value</Button>
      </PageHead>
      <ListPanel
        label="Configuration"
        list={list}
        columns={COLUMNS}
        identity={(one) => `${one.owner?.id ?? ""} ${one.name}`}
        title={
          <div className="row">
            <Words label="Search" value={text} change={change("text")} search width={200} />
            <Choice
              label="Kind of value"
              any="Values and secrets"
              value={filter("secret")}
              change={change("secret")}
              choices={[
                { value: "true", label: "Secrets" },
                { value: "false", label: "Plain values" },
              ]}
            />
          </div>
        }
        empty={
          <Empty title={text || filter("secret") ? "Nothing of that kind" : "Nothing is configured"}>
            {!text && "Set a value for an API, or for a backend, whose values win. Secrets are encrypted and never shown again."}
          </Empty>
        }
        actions={(one) =>
          one.owner && <ValueActions path={pathOf(one.owner)} one={one} replace={() => setSetting(one)} done={list.reload} />
        }
      />
      <Modal opened={setting !== null} onClose={() => setSetting(null)} title="Set a value" lockScroll={false}>
        {setting === "new" && <NewValue done={done} />}
        {setting !== null && setting !== "new" && setting.owner && (
          <ValueForm path={pathOf(setting.owner)} before={setting} done={done} />
        )}
      </Modal>
    </>
  );
}

function NewValue({ done }: { done: () => void }) {
  const [kind, setKind] = useState<Owner["kind"]>("api");
  const [owner, setOwner] = useState<{ id: string; label: string } | null>(null);
  return (
    <div className="stack">
      <SegmentedControl
        aria-label="For an API or a backend"
        value={kind}
        onChange={(value) => {
          setKind(value as Owner["kind"]);
          setOwner(null);
        }}
        data={[
          { value: "api", label: "For an API" },
          { value: "backend", label: "For a backend" },
        ]}
      />
      <Picker<Api | Backend>
        key={kind}
        titled
        label={kind === "api" ? "API" : "Backend"}
        path={kind === "api" ? "/apis" : "/mobilebackends"}
        value={owner?.label ?? ""}
        option={(one) => ({ value: one.id, label: `${one.name} ${one.version}` })}
        change={(id, one) => setOwner(one && { id, label: `${one.name} ${one.version}` })}
      />
      {owner ? (
        <ValueForm key={owner.id} path={PATHS[kind] + owner.id} done={done} />
      ) : (
        <span className="soft">Choose what reads the value.</span>
      )}
    </div>
  );
}
