import { Button, Loader } from "@mantine/core";
import { useEffect, useState } from "react";
import { Link } from "wouter";
import { download, send } from "../api/client";
import { fullTime } from "../api/format";
import type { Api } from "../api/types";
import { useLoaded } from "../api/useLoaded";
import { Block, CopyButton, Empty, ErrorNotice, Facts, Findings, Method, PageHead, Panel, Tag } from "../shell/parts";
import { ApiSettings } from "./ApiSettings";
import { FilePicker } from "./FilePicker";
import { Implementations } from "./Implementations";
import { readBundle, replaced } from "./raml";

export function ApiPage({ id }: { id: string }) {
  const loaded = useLoaded<Api>(`/apis/${encodeURIComponent(id)}`);
  const [changed, setChanged] = useState<Api>();
  const [error, setError] = useState<Error>();
  useEffect(() => setChanged(undefined), [loaded.data]);
  const api = changed ?? loaded.data;
  if (!api) return loaded.error ? <ErrorNotice error={loaded.error} /> : <Loader aria-label="Loading" />;
  const fetchScaffold = () =>
    void download(`/apis/${api.id}/scaffold`, `${api.name}-scaffold.zip`).catch((problem: Error) => setError(problem));
  return (
    <>
      <PageHead
        title={
          <>
            {api.name} <span className="soft">{api.version}</span>
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
      </PageHead>
      <ErrorNotice error={error} />
      <Implementations api={api} reload={loaded.reload} />
      <div className="columns">
        <Resources api={api} />
        <Panel title="Settings" tools={<ApiSettings api={api} saved={setChanged} />}>
          <Facts
            entries={[
              ["Description", api.desc],
              ["Base path", <code key="path">{api.basePath}</code>],
              ["Login", api.security.loginRequired ? "required" : "anonymous callers allowed"],
              ["Roles", api.security.roles.join(", ") || "any"],
              ["Changed", fullTime(api.modifiedAt)],
              ["Id", <code key="id">{api.id}</code>],
            ]}
          />
        </Panel>
      </div>
      <Raml api={api} saved={setChanged} />
    </>
  );
}

function Resources({ api }: { api: Api }) {
  const roles = (method: string, path: string) =>
    api.security.endpoints.find((one) => one.path === path && one.method.toUpperCase() === method)?.roles ?? [];
  return (
    <Panel title="Resources" flush>
      <table className="list">
        <thead>
          <tr>
            <th>Endpoint</th>
            <th>Roles</th>
          </tr>
        </thead>
        <tbody>
          {(api.resources ?? []).flatMap((resource) =>
            resource.methods.map((method) => (
              <tr key={`${method} ${resource.path}`}>
                <td>
                  <Method name={method} />
                  <code>{resource.path}</code>
                </td>
                <td className="soft">{roles(method, resource.path).join(", ") || "–"}</td>
              </tr>
            )),
          )}
        </tbody>
      </table>
      {(api.resources ?? []).length === 0 && <Empty title="The RAML has no resources" />}
    </Panel>
  );
}

function Raml({ api, saved }: { api: Api; saved: (api: Api) => void }) {
  const [error, setError] = useState<Error>();
  const [busy, setBusy] = useState(false);
  const warnings = api.warnings ?? [];
  const root = api.files?.[api.root ?? ""] ?? (api.apiDefn ?? []).join("");
  const [shown, setShown] = useState(api.root ?? "");
  const names = Object.keys(api.files ?? {});
  const text = api.files?.[shown] ?? root;

  const update = async (files: File[]) => {
    setBusy(true);
    setError(undefined);
    try {
      const bundle = replaced(api, await readBundle(files));
      const { name, version, title, desc, security } = api;
      saved(await send<Api>("PUT", `/apis/${api.id}`, { name, version, title, desc, security, ...bundle }, api.etag));
    } catch (problem) {
      setError(problem as Error);
    } finally {
      setBusy(false);
    }
  };

  return (
    <Panel
      title="RAML"
      tools={
        <>
          {warnings.length > 0 && <Tag tone="warn">{warnings.length === 1 ? "1 warning" : `${warnings.length} warnings`}</Tag>}
          {names.length > 1 &&
            names.map((name) => (
              <Button key={name} size="compact-xs" variant={name === shown ? "light" : "subtle"} onClick={() => setShown(name)}>
                {name}
              </Button>
            ))}
          <CopyButton text={text} />
        </>
      }
    >
      <div className="stack">
        <FilePicker
          label={busy ? "Checking …" : "Upload RAML"}
          hint="A new version of the document. One with errors is refused and the present one goes on serving."
          accept=".raml,.yaml,.yml,.json,.txt"
          multiple
          disabled={busy}
          testId="upload-raml"
          take={(files) => void update(files)}
        />
        <ErrorNotice error={error} title="Not taken" />
        {warnings.length > 0 && <Findings findings={warnings} />}
        <Block text={text} label="RAML text" />
      </div>
    </Panel>
  );
}
