import { Button, Modal } from "@mantine/core";
import { useState } from "react";
import { Link, useLocation } from "wouter";
import { send } from "../api/client";
import type { Backend } from "../api/types";
import { usePaged } from "../api/usePaged";
import { ListPanel, type Column } from "../shell/DataTable";
import { Empty, PageHead, Tag } from "../shell/parts";
import { useSession } from "../shell/session";
import { useFilters } from "../shell/useFilters";
import { BackendForm } from "./BackendForm";
import { StateTag } from "./Publish";
import { Words } from "./filters";

const COLUMNS: Column<Backend>[] = [
  {
    head: "Backend",
    text: (one) => `${one.name} ${one.version}`,
    cell: (one) => (
      <>
        <Link href={`/backends/${one.id}`} tabIndex={-1}>
          {one.name}
        </Link>{" "}
        <span className="soft">{one.version}</span> {one.published && <StateTag published />}
        <div className="soft small">{one.description}</div>
      </>
    ),
  },
  { head: "APIs", text: (one) => one.apis.map((api) => api.name).join(", ") || "none" },
  {
    head: "Sign-in",
    text: (one) => [one.basicAuth && "Basic", one.anonymousAuth && "anonymous"].filter(Boolean).join(" "),
    cell: (one) => (
      <div className="row">
        {one.basicAuth && <Tag>Basic</Tag>}
        {one.anonymousAuth && <Tag>anonymous</Tag>}
      </div>
    ),
  },
  { head: "Realm", text: (one) => one.realm },
  { head: "Clients", text: (one) => one.clients.length, number: true },
];

export default function BackendsPage() {
  const [filter, setFilter] = useFilters();
  const [, go] = useLocation();
  const { may } = useSession();
  const [creating, setCreating] = useState(false);
  const text = filter("text");
  const list = usePaged<Backend>("/mobilebackends", { text });
  return (
    <>
      <PageHead title="Backends" under="What an app signs in to: its keys, its APIs, its settings">
        {may("developer") && <Button onClick={() => setCreating(true)}>New backend</Button>}
      </PageHead>
      <ListPanel
        label="Backends"
        list={list}
        columns={COLUMNS}
        identity={(one) => one.id}
        open={(one) => go(`/backends/${one.id}`)}
        title={<Words label="Search" value={text} change={(value) => setFilter({ text: value, page: null })} search width={220} />}
        empty={
          <Empty title={text ? "No backend of that name" : "No backends yet"}>
            {!text && "A new backend gets its keys at once; then associate the APIs its app calls."}
          </Empty>
        }
      />
      <Modal opened={creating} onClose={() => setCreating(false)} title="New backend" lockScroll={false} size="lg">
        <BackendForm
          submitLabel="Create backend"
          save={async (body) => {
            const made = await send<Backend>("POST", "/mobilebackends", body);
            go(`/backends/${made.id}`);
          }}
        />
      </Modal>
    </>
  );
}
