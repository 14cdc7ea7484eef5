import { Button, Loader } from "@mantine/core";
import { lazy, Suspense, useEffect, useState } from "react";
import { Link, useLocation } from "wouter";
import { download } from "../api/client";
import { fullTime } from "../api/format";
import type { Api } from "../api/types";
import { useLoaded } from "../api/useLoaded";
import { ErrorNotice, Facts, PageHead, Panel, Tag } from "../shell/parts";
import { useSession } from "../shell/session";
import { ApiSecurity } from "./ApiSecurity";
import { ApiSettings } from "./ApiSettings";
import { Configuration } from "./Configuration";
import { Delete } from "./Delete";
import { Documentation } from "./Documentation";
import { Implementations } from "./Implementations";
import { Publish, StateTag } from "./Publish";
import { PageTabs, type Tab } from "./tabs";
import { TestPage } from "./TestPage";
import { Workers } from "./Workers";

// The editor is the largest part of the console; who does not design does not load it.
const Designer = lazy(() => import("../designer/Designer"));

export default function ApiPage({ id }: { id: string }) {
  const loaded = useLoaded<Api>(`/apis/${encodeURIComponent(id)}`);
  const [changed, setChanged] = useState<Api>();
  const [error, setError] = useState<Error>();
  const [, go] = useLocation();
  const { may } = useSession();
  useEffect(() => setChanged(undefined), [loaded.data]);
  const api = changed ?? loaded.data;
  if (!api) return loaded.error ? <ErrorNotice error={loaded.error} /> : <Loader aria-label="Loading" />;
  const fetchScaffold = () => void download(`/apis/${api.id}/scaffold`, `${api.name}-scaffold.zip`).catch(setError);
  const builds = may("developer");
  const overview: Tab = {
    id: "overview",
    name: "Overview",
    content: () => (
      <>
        <Implementations api={api} reload={loaded.reload} />
        {api.implementation && <Workers key={api.implementation.id} apiId={api.id} name={`${api.name} ${api.version}`} />}
        <Overview api={api} saved={setChanged} editable={builds} />
      </>
    ),
  };
  const building: Tab[] = [
    {
      id: "designer",
      name: "Designer",
      content: () => (
        <Suspense fallback={<Loader aria-label="Loading the editor" />}>
          <Designer key={api.etag} api={api} saved={setChanged} />
        </Suspense>
      ),
    },
    { id: "test", name: "Test", content: () => <TestPage api={api} /> },
    { id: "configuration", name: "Configuration", content: () => <Configuration path={`/apis/${api.id}`} of="API" /> },
    { id: "security", name: "Security", content: () => <ApiSecurity key={api.etag} api={api} saved={setChanged} /> },
  ];
  return (
    <>
      <PageHead
        title={
          <>
            {api.name} <span className="soft">{api.version}</span> <StateTag published={api.published} />
          </>
        }
        under={
          <>
            <Link href="/apis">APIs</Link> · {api.title}
          </>
        }
      >
        <Link href={`/requests?api=${encodeURIComponent(api.name)}`}>Requests</Link>
        <Link href={`/logs?api=${encodeURIComponent(api.name)}`}>Logs</Link>
        <Button variant="default" onClick={fetchScaffold}>
          Download scaffold
        </Button>
        <Publish path={`/apis/${api.id}`} name={`${api.name} ${api.version}`} published={api.published} done={loaded.reload} />
        {builds && <Delete path={`/apis/${api.id}`} what="API" name={`${api.name} ${api.version}`} done={() => go("/apis")} />}
      </PageHead>
      <ErrorNotice error={error} />
      <PageTabs
        label="Parts of the API"
        tabs={[
          overview,
          ...(builds ? building : []),
          { id: "documentation", name: "Documentation", content: () => <Documentation api={api} /> },
        ]}
      />
    </>
  );
}

function Overview({ api, saved, editable }: { api: Api; saved: (api: Api) => void; editable: boolean }) {
  const warnings = api.warnings ?? [];
  return (
    <div className="narrow">
      <Panel
        title="Settings"
        tools={
          <>
            {warnings.length > 0 && <Tag tone="warn">{warnings.length === 1 ? "1 warning" : `${warnings.length} warnings`}</Tag>}
            {editable && <ApiSettings api={api} saved={saved} />}
          </>
        }
      >
        <Facts
          entries={[
            ["Description", api.desc],
            ["Base path", <code key="path">{api.basePath}</code>],
            ["Endpoints", String((api.resources ?? []).reduce((all, one) => all + one.methods.length, 0))],
            ["Login", api.security.loginRequired ? "required" : "anonymous callers allowed"],
            ["Roles", api.security.roles.join(", ") || "any"],
            ["Changed", fullTime(api.modifiedAt)],
            ["Id", <code key="id">{api.id}</code>],
          ]}
        />
      </Panel>
    </div>
  );
}
