import { Button, Loader, Modal, NativeSelect } from "@mantine/core";
import { useEffect, useState } from "react";
import { Link } from "wouter";
import { download, send } from "../api/client";
import { fullTime } from "../api/format";
import type { Api, Backend, Page } from "../api/types";
import { useLoaded } from "../api/useLoaded";
import { CopyButton, Empty, ErrorNotice, Facts, PageHead, Panel, Tag } from "../shell/parts";
import { BackendForm } from "./BackendForm";
import { BackendKeys } from "./BackendKeys";

export function BackendPage({ id }: { id: string }) {
  const loaded = useLoaded<Backend>(`/mobilebackends/${encodeURIComponent(id)}`);
  const [changed, setChanged] = useState<Backend>();
  const [error, setError] = useState<Error>();
  useEffect(() => setChanged(undefined), [loaded.data]);
  const backend = changed ?? loaded.data;
  if (!backend) return loaded.error ? <ErrorNotice error={loaded.error} /> : <Loader aria-label="Loading" />;
  const fetchSdk = () =>
    void download(`/mobilebackends/${backend.id}/sdk`, `${backend.name}-sdk.zip`).catch((problem: Error) => setError(problem));
  return (
    <>
      <PageHead
        title={
          <>
            {backend.name} <span className="soft">{backend.version}</span>
          </>
        }
        under={
          <>
            <Link href="/backends">Backends</Link> · {backend.description}
          </>
        }
      >
        <Link href={`/?backend=${encodeURIComponent(backend.name)}`}>Figures</Link>
        <Link href={`/requests?backend=${encodeURIComponent(backend.name)}`}>Requests</Link>
        <Link href={`/logs?backend=${encodeURIComponent(backend.name)}`}>Logs</Link>
        <Button variant="default" onClick={fetchSdk}>
          Download SDK
        </Button>
      </PageHead>
      <ErrorNotice error={error} />
      <BackendKeys backend={backend} />
      <div className="columns">
        <AssociatedApis backend={backend} changed={setChanged} failed={setError} />
        <Settings backend={backend} saved={setChanged} />
      </div>
      <div className="columns">
        <Clients backend={backend} />
        <Policies backend={backend} />
      </div>
    </>
  );
}

function AssociatedApis(props: { backend: Backend; changed: (backend: Backend) => void; failed: (error: Error) => void }) {
  const { backend } = props;
  const apis = useLoaded<Page<Api>>("/apis", { limit: 1000 });
  const [chosen, setChosen] = useState("");
  const free = (apis.data?.items ?? []).filter((api) => !backend.apis.some((one) => one.id === api.id));
  const associate = (method: "PUT" | "DELETE", id: string) => {
    setChosen("");
    send<Backend>(method, `/mobilebackends/${backend.id}/apis/${id}`).then(props.changed, props.failed);
  };
  return (
    <Panel
      title="APIs"
      flush
      tools={
        <>
          <NativeSelect
            size="xs"
            aria-label="API to associate"
            value={chosen}
            onChange={(event) => setChosen(event.currentTarget.value)}
            data={[
              { value: "", label: free.length > 0 ? "Choose an API" : "No other API" },
              ...free.map((api) => ({ value: api.id, label: `${api.name} ${api.version}` })),
            ]}
          />
          <Button size="compact-sm" variant="default" disabled={!chosen} onClick={() => associate("PUT", chosen)}>
            Associate
          </Button>
        </>
      }
    >
      {backend.apis.length === 0 && (
        <Empty title="No APIs yet">The app can reach only the APIs that are associated here.</Empty>
      )}
      <table className="list">
        <tbody>
          {backend.apis.map((api) => (
            <tr key={api.id}>
              <td>
                <Link href={`/apis/${api.id}`}>{api.name}</Link> <span className="soft">{api.version}</span>
                <div className="soft small">{api.title}</div>
              </td>
              <td className="number">
                <Button
                  size="compact-xs"
                  variant="subtle"
                  color="red"
                  aria-label={`Remove ${api.name} ${api.version}`}
                  onClick={() => associate("DELETE", api.id)}
                >
                  Remove
                </Button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

function Settings({ backend, saved }: { backend: Backend; saved: (backend: Backend) => void }) {
  const [opened, setOpened] = useState(false);
  return (
    <Panel
      title="Settings"
      tools={
        <Button size="compact-sm" variant="default" onClick={() => setOpened(true)}>
          Change
        </Button>
      }
    >
      <Facts
        entries={[
          ["Basic", backend.basicAuth ? "users sign in with name and password" : "off"],
          ["Anonymous", backend.anonymousAuth ? "callers with the anonymous key" : "off"],
          ["Realm", backend.realm],
          ["CORS origins", backend.corsOrigins.join(", ") || "none: no web page may call"],
          ["Changed", fullTime(backend.modifiedAt)],
        ]}
      />
      <Modal opened={opened} onClose={() => setOpened(false)} title="Backend settings" lockScroll={false} size="lg">
        <BackendForm
          key={backend.etag}
          backend={backend}
          submitLabel="Save"
          save={async (body) => {
            saved(await send<Backend>("PUT", `/mobilebackends/${backend.id}`, body, backend.etag));
            setOpened(false);
          }}
        />
      </Modal>
    </Panel>
  );
}

function Clients({ backend }: { backend: Backend }) {
  return (
    <Panel title="Clients" flush>
      {backend.clients.length === 0 && <Empty title="No clients">An app that names no client may still call.</Empty>}
      <table className="list">
        <tbody>
          {backend.clients.map((client) => (
            <tr key={client.applicationKey}>
              <td>
                {client.name} <Tag>{client.platform}</Tag>
                <div className="soft small">
                  {client.clientId} {client.version}
                </div>
              </td>
              <td>
                <div className="row">
                  <code>{client.applicationKey}</code>
                  <CopyButton text={client.applicationKey} />
                </div>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

function Policies({ backend }: { backend: Backend }) {
  const entries = Object.entries(backend.appPolicies);
  return (
    <Panel title="App policies">
      {entries.length === 0 ? (
        <span className="soft">None. An app reads them at its start; change them under Settings.</span>
      ) : (
        <Facts entries={entries.map(([name, value]) => [name, <code key={name}>{JSON.stringify(value)}</code>])} />
      )}
    </Panel>
  );
}
