import { Button, Modal } from "@mantine/core";
import { useState } from "react";
import { Link, useLocation } from "wouter";
import { send } from "../api/client";
import { moment } from "../api/format";
import type { Connector } from "../api/types";
import { usePaged } from "../api/usePaged";
import { ListPanel, type Column } from "../shell/DataTable";
import { Empty, PageHead, Tag } from "../shell/parts";
import { useFilters } from "../shell/useFilters";
import { ConnectorForm } from "./ConnectorForm";
import { StateTag } from "./Publish";
import { Words } from "./filters";

const COLUMNS: Column<Connector>[] = [
  {
    head: "Connector",
    text: (one) => `${one.name} ${one.version}`,
    cell: (one) => (
      <>
        <Link href={`/connectors/${one.id}`} tabIndex={-1}>
          {one.name}
        </Link>{" "}
        <span className="soft">{one.version}</span> {one.published && <StateTag published />}
        <div className="soft small">{one.title}</div>
      </>
    ),
  },
  { head: "Type", text: (one) => one.kind, cell: (one) => <Tag>{one.kind}</Tag> },
  { head: "Address", text: (one) => one.baseUrl, style: "mono" },
  { head: "Credentials", text: (one) => one.credentials?.kind ?? "none" },
  { head: "Rules", text: (one) => one.rules.length, number: true },
  { head: "Changed", text: (one) => one.modifiedAt, cell: (one) => <span className="soft">{moment(one.modifiedAt)}</span> },
];

export default function ConnectorsPage() {
  const [filter, setFilter] = useFilters();
  const [, go] = useLocation();
  const [creating, setCreating] = useState(false);
  const text = filter("text");
  const list = usePaged<Connector>("/connectors", { text });
  return (
    <>
      <PageHead title="Connectors" under="Systems behind the platform, which implementations call by name">
        <Button onClick={() => setCreating(true)}>New connector</Button>
      </PageHead>
      <ListPanel
        label="Connectors"
        list={list}
        columns={COLUMNS}
        identity={(one) => one.id}
        open={(one) => go(`/connectors/${one.id}`)}
        title={<Words label="Search" value={text} change={(value) => setFilter({ text: value, page: null })} search width={220} />}
        empty={
          <Empty title={text ? "No such connector" : "No connectors yet"}>
            {!text && "A connector has the address, the credentials and the rules of a system, so that no code has them."}
          </Empty>
        }
      />
      <Modal opened={creating} onClose={() => setCreating(false)} title="New connector" lockScroll={false} size="lg">
        <ConnectorForm
          submitLabel="Create connector"
          save={async (body) => go(`/connectors/${(await send<Connector>("POST", "/connectors", body)).id}`)}
        />
      </Modal>
    </>
  );
}
