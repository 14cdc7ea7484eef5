import { Button, Loader } from "@mantine/core";
import { useEffect, useState } from "react";
import { Link, useLocation } from "wouter";
import { download, send } from "../api/client";
import { fullTime } from "../api/format";
import type { Backend } from "../api/types";
import { useLoaded } from "../api/useLoaded";
import { ErrorNotice, Facts, PageHead, Panel, Tag } from "../shell/parts";
import { useSession } from "../shell/session";
import { AppPolicies } from "./AppPolicies";
import { AssociatedApis } from "./AssociatedApis";
import { BackendForm, type BackendBody } from "./BackendForm";
import { BackendKeys } from "./BackendKeys";
import { Clients } from "./Clients";
import { Configuration } from "./Configuration";
import { Delete } from "./Delete";
import { Publish, StateTag } from "./Publish";
import { PageTabs } from "./tabs";

/** Changes some of a backend; what is not named stays as it is. */
export type Change = (part: Partial<BackendBody> & { clients?: unknown }) => Promise<void>;

export default function BackendPage({ id }: { id: string }) {
  const loaded = useLoaded<Backend>(`/mobilebackends/${encodeURIComponent(id)}`);
  const [changed, setChanged] = useState<Backend>();
  const [error, setError] = useState<Error>();
  const [, go] = useLocation();
  const { may } = useSession();
  useEffect(() => setChanged(undefined), [loaded.data]);
  const backend = changed ?? loaded.data;
  if (!backend) return loaded.error ? <ErrorNotice error={loaded.error} /> : <Loader aria-label="Loading" />;
  const path = `/mobilebackends/${backend.id}`;
  const builds = may("developer");
  const change: Change = async (part) => {
    const { name, version, description, basicAuth, anonymousAuth, realm, corsOrigins, appPolicies } = backend;
    const body = { name, version, description, basicAuth, anonymousAuth, realm, corsOrigins, appPolicies, ...part };
    setChanged(await send<Backend>("PUT", path, body, backend.etag));
  };
  const fetchSdk = () => void download(`${path}/sdk`, `${backend.name}-sdk.zip`).catch(setError);
  return (
    <>
      <PageHead
        title={
          <>
            {backend.name} <span className="soft">{backend.version}</span> <StateTag published={backend.published} />
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
        {builds && (
          <>
            <Button variant="default" onClick={fetchSdk}>
              Download SDK
            </Button>
            <Publish path={path} name={`${backend.name} ${backend.version}`} published={backend.published} done={loaded.reload} />
            <Delete path={path} what="backend" name={`${backend.name} ${backend.version}`} done={() => go("/backends")} />
          </>
        )}
      </PageHead>
      <ErrorNotice error={error} />
      {(backend.warnings ?? []).map((warning) => (
        <Panel key={warning}>
          <Tag tone="warn">warning</Tag> {warning}
        </Panel>
      ))}
      <PageTabs
        label="Parts of the backend"
        tabs={[
          {
            id: "keys",
            name: "Keys and APIs",
            content: () => (
              <>
                <BackendKeys backend={backend} changed={setChanged} />
                <AssociatedApis backend={backend} changed={setChanged} failed={setError} />
              </>
            ),
          },
          {
            id: "settings",
            name: "Settings",
            content: () => <Settings backend={backend} change={builds ? change : undefined} />,
          },
          { id: "clients", name: "Clients", content: () => <Clients backend={backend} change={builds ? change : undefined} /> },
          {
            id: "policies",
            name: "App policies",
            content: () => <AppPolicies key={backend.etag} backend={backend} change={builds ? change : undefined} />,
          },
          ...(builds
            ? [{ id: "configuration", name: "Configuration", content: () => <Configuration path={path} of="backend" /> }]
            : []),
        ]}
      />
    </>
  );
}

function Settings({ backend, change }: { backend: Backend; change: Change | undefined }) {
  return (
    <div className="narrow">
      <Panel title="Settings" tools={<span className="soft small">changed {fullTime(backend.modifiedAt)}</span>}>
        {change ? (
          <BackendForm key={backend.etag} backend={backend} submitLabel="Save" save={change} />
        ) : (
          <Facts
            entries={[
              ["Basic", backend.basicAuth ? "users sign in with name and password" : "off"],
              ["Anonymous", backend.anonymousAuth ? "callers with the anonymous key" : "off"],
              ["Realm", backend.realm],
              ["CORS origins", backend.corsOrigins.join(", ") || "none: no web page may call"],
            ]}
          />
        )}
      </Panel>
    </div>
  );
}
