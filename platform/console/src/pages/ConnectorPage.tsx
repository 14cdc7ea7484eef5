import { Loader } from "@mantine/core";
import { useEffect, useState } from "react";
import { Link, useLocation } from "wouter";
import { send } from "../api/client";
import { fullTime } from "../api/format";
import type { Connector, Operation } from "../api/types";
import { useLoaded } from "../api/useLoaded";
import { DataTable, Exports, type Column } from "../shell/DataTable";
import { Empty, ErrorNotice, PageHead, Panel, Tag } from "../shell/parts";
import { ConnectorForm, type ConnectorBody } from "./ConnectorForm";
import { ConnectorRules } from "./ConnectorRules";
import { ConnectorTest } from "./ConnectorTest";
import { Credentials } from "./Credentials";
import { Delete } from "./Delete";
import { Publish, StateTag } from "./Publish";
import { PageTabs } from "./tabs";

/** One connector: where its system is, what is added to calls, who it is to that system, and a trial call. */
export default function ConnectorPage({ id }: { id: string }) {
  const loaded = useLoaded<Connector>(`/connectors/${encodeURIComponent(id)}`);
  const [changed, setChanged] = useState<Connector>();
  const [, go] = useLocation();
  useEffect(() => setChanged(undefined), [loaded.data]);
  const connector = changed ?? loaded.data;
  if (!connector) return loaded.error ? <ErrorNotice error={loaded.error} /> : <Loader aria-label="Loading" />;
  const path = `/connectors/${connector.id}`;
  const save = async (body: ConnectorBody) => setChanged(await send<Connector>("PUT", path, body, connector.etag));
  return (
    <>
      <PageHead
        title={
          <>
            {connector.name} <span className="soft">{connector.version}</span> <Tag>{connector.kind}</Tag> <StateTag published={connector.published} />
          </>
        }
        under={
          <>
            <Link href="/connectors">Connectors</Link> · {connector.title || connector.baseUrl}
          </>
        }
      >
        <Publish path={path} name={`${connector.name} ${connector.version}`} published={connector.published} done={loaded.reload} />
        <Delete
          path={path}
          what="connector"
          name={`${connector.name} ${connector.version}`}
          done={() => go("/connectors")}
        />
      </PageHead>
      <PageTabs
        label="Parts of the connector"
        tabs={[
          {
            id: "settings",
            name: "Settings",
            content: () => (
              <div className="narrow">
                <Panel title="Settings" tools={<span className="soft small">changed {fullTime(connector.modifiedAt)}</span>}>
                  <ConnectorForm key={connector.etag} connector={connector} submitLabel="Save" save={save} />
                </Panel>
              </div>
            ),
          },
          ...(connector.kind === "SOAP"
            ? [{ id: "operations", name: "Operations", content: () => <Operations operations={connector.operations} /> }]
            : []),
          {
            id: "rules",
            name: "Rules",
            content: () => <ConnectorRules key={connector.etag} rules={connector.rules} save={(rules) => save({ ...connector, rules })} />,
          },
          {
            id: "credentials",
            name: "Credentials",
            content: () => <Credentials key={connector.etag} connector={connector} changed={setChanged} />,
          },
          { id: "test", name: "Test", content: () => <ConnectorTest connector={connector} /> },
          { id: "used", name: "Used by", content: () => <UsedBy path={path} /> },
        ]}
      />
    </>
  );
}

const OPERATIONS: Column<Operation>[] = [
  { head: "Operation", text: (one) => one.name, style: "mono" },
  { head: "Action", text: (one) => one.action, style: "mono" },
  { head: "In", text: (one) => one.input },
  { head: "Out", text: (one) => one.output },
];

function Operations({ operations }: { operations: Operation[] }) {
  return (
    <Panel title="Operations" flush tools={<Exports name="Operations" fields={OPERATIONS} all={() => operations} />}>
      <DataTable label="Operations" columns={OPERATIONS} rows={operations} identity={(one) => one.name} />
    </Panel>
  );
}

interface Caller {
  id: string;
  name: string;
  api: string;
}

function UsedBy({ path }: { path: string }) {
  const found = useLoaded<{ items: Caller[] }>(`${path}/dependencies`);
  const callers = found.data?.items ?? [];
  return (
    <Panel title="Implementations in service that call it" flush>
      <ErrorNotice error={found.error} />
      {found.data && callers.length === 0 && (
        <Empty title="Nothing calls it">
          An implementation declares it under <code>tool.openmcs.connectors</code> in its <code>pyproject.toml</code>.
        </Empty>
      )}
      {callers.length > 0 && (
        <table className="list" aria-label="Used by">
          <tbody>
            {callers.map((one) => (
              <tr key={one.id}>
                <td>
                  <Link href={`/apis/${one.api}`}>{one.name}</Link>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}
