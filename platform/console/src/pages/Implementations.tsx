import { Alert, Button, Progress } from "@mantine/core";
import { useState } from "react";
import { download, send, upload } from "../api/client";
import { moment } from "../api/format";
import type { Api, Implementation, Page, Upload } from "../api/types";
import { useLoaded } from "../api/useLoaded";
import { Block, Empty, ErrorNotice, Method, Panel, Tag } from "../shell/parts";
import { Confirm } from "../shell/Confirm";
import { Exports } from "../shell/DataTable";
import type { Field } from "../shell/saving";
import { useSession } from "../shell/session";
import { CodeViewer } from "./CodeViewer";
import { FilePicker } from "./FilePicker";

const FIELDS: Field<Implementation>[] = [
  { head: "Active", text: (one) => one.active },
  { head: "Name", text: (one) => one.name },
  { head: "Version", text: (one) => one.version },
  { head: "Published", text: (one) => one.published },
  { head: "Uploaded", text: (one) => one.uploadedAt },
  { head: "By", text: (one) => one.uploadedBy },
  { head: "Network", text: (one) => one.network.join(" ") },
  { head: "Dependencies", text: (one) => one.dependencies.join(" ") },
];

/** Which code answers an API, and putting new code in its place. */
export function Implementations({ api, reload }: { api: Api; reload: () => void }) {
  const [share, setShare] = useState<number | null>(null);
  const [error, setError] = useState<Error>();
  const [taken, setTaken] = useState<Upload>();
  const [reading, setReading] = useState<Implementation>();
  const { may } = useSession();
  const builds = may("developer");
  const loaded = useLoaded<Page<Implementation>>(`/apis/${api.id}/implementations`, { limit: 1000 });
  const list = loaded.data?.items ?? [];
  const refresh = () => {
    loaded.reload();
    reload();
  };

  const put = async (files: File[]) => {
    const file = files[0];
    if (!file) return;
    setError(undefined);
    setTaken(undefined);
    setShare(0);
    try {
      setTaken(await upload<Upload>(`/apis/${api.id}/implementations`, file, setShare));
      refresh();
    } catch (problem) {
      setError(problem as Error);
    } finally {
      setShare(null);
    }
  };
  const choose = (id: string) => {
    setError(undefined);
    send("PUT", `/apis/${api.id}/implementations/default/${id}`).then(refresh, setError);
  };

  return (
    <Panel
      title="Implementations"
      tools={
        <>
          {!api.implementation && <Tag tone="calm">The mock answers now</Tag>}
          {api.implementation && builds && (
            <Button size="compact-sm" variant="default" onClick={() => choose("mock")}>
              Answer with the mock
            </Button>
          )}
          {list.length > 0 && <Exports name="Implementations" fields={FIELDS} all={() => list} />}
        </>
      }
    >
      <div className="stack">
        {builds && (
          <FilePicker
            label="Upload implementation"
            hint="A zip of the Python project, here or dropped. It answers as soon as it has started; a faulty one is refused."
            accept=".zip"
            disabled={share !== null}
            testId="upload-implementation"
            take={(files) => void put(files)}
          />
        )}
        {share !== null && (
          <div role="status">
            <Progress value={Math.round(share * 100)} aria-label="Upload" animated={share >= 1} />
            <span className="soft small">{share < 1 ? `Sending, ${Math.round(share * 100)} %` : "Checking, building and starting it …"}</span>
          </div>
        )}
        <ErrorNotice error={error} title="Not put in service" />
        <ErrorNotice error={loaded.error} />
        {taken && <Taken answer={taken} />}
        {loaded.data && list.length === 0 && (
          <Empty title="No implementation yet">Download the scaffold, fill it in, and upload it as a zip.</Empty>
        )}
        {list.length > 0 && (
          <div className="scroll">
            <Rows api={api} list={list} choose={choose} failed={setError} read={setReading} refresh={refresh} builds={builds} />
          </div>
        )}
        {reading && <CodeViewer key={reading.id} implementation={reading} close={() => setReading(undefined)} />}
      </div>
    </Panel>
  );
}

function Taken({ answer }: { answer: Upload }) {
  const { implementation, unresolvedDependencies } = answer;
  return (
    <Alert
      color={unresolvedDependencies.length > 0 ? "yellow" : "teal"}
      variant="light"
      title={`${implementation.name} ${implementation.version} answers now`}
      role="status"
    >
      <div className="stack">
        <div className="row">
          <strong>{implementation.network.length > 0 ? "It may reach these hosts:" : "It may reach no host of the network."}</strong>
          <Hosts names={implementation.network} />
        </div>
        {unresolvedDependencies.length > 0 && (
          <div>
            Not found, and so missing at run time:{" "}
            {unresolvedDependencies.map((one) => `${one.name} ${one.version}`).join(", ")}
          </div>
        )}
        <Missing implementation={implementation} />
        {answer.buildLog && <Block text={answer.buildLog} label="Build log" />}
      </div>
    </Alert>
  );
}

function Hosts({ names }: { names: string[] }) {
  return names.map((name) => (
    <Tag key={name} tone="warn">
      {name}
    </Tag>
  ));
}

function Missing({ implementation }: { implementation: Implementation }) {
  const missing = implementation.missingRoutes ?? [];
  if (missing.length === 0) return null;
  return (
    <div className="small">
      <span className="soft">No code for: </span>
      {missing.map((route) => (
        <span key={`${route.method} ${route.path}`}>
          <Method name={route.method} /> <code>{route.path}</code>{" "}
        </span>
      ))}
    </div>
  );
}

function Rows(props: {
  api: Api;
  list: Implementation[];
  choose: (id: string) => void;
  failed: (error: Error) => void;
  read: (one: Implementation) => void;
  refresh: () => void;
  builds: boolean;
}) {
  return (
    <table className="list" aria-label="Implementations">
      <thead>
        <tr>
          <th scope="col">Active</th>
          <th scope="col">Implementation</th>
          <th scope="col">Uploaded</th>
          <th scope="col">Network</th>
          <th scope="col">Dependencies</th>
          <th scope="col">
            <span className="unseen">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {props.list.map((one) => (
          <tr key={one.id}>
            <td>{one.active ? <Tag tone="ok">✓ active</Tag> : <span className="soft">–</span>}</td>
            <td>
              {one.name} <span className="soft">{one.version}</span> {one.published && <Tag>published</Tag>}
              <Missing implementation={one} />
            </td>
            <td className="soft together">
              {moment(one.uploadedAt)}
              <div className="small">by {one.uploadedBy}</div>
            </td>
            <td>
              <div className="row">{one.network.length > 0 ? <Hosts names={one.network} /> : <span className="soft">none</span>}</div>
            </td>
            <td className="mono">{one.dependencies.join(" ") || <span className="soft">none</span>}</td>
            <td>
              {props.builds && (
                <div className="row actions">
                  {!one.active && (
                    <Button size="compact-xs" variant="default" onClick={() => props.choose(one.id)}>
                      Activate
                    </Button>
                  )}
                  <Button size="compact-xs" variant="default" onClick={() => props.read(one)}>
                    Code
                  </Button>
                  <Button
                    size="compact-xs"
                    variant="default"
                    onClick={() => void download(`/artifacts/${one.artifactId}`, `${one.name}-${one.version}.zip`).catch(props.failed)}
                  >
                    Download
                  </Button>
                  {!one.active && (
                    <Confirm
                      label="Delete"
                      name={`Delete ${one.name} ${one.version}`}
                      title={`Delete ${one.name} ${one.version}`}
                      small
                      danger
                      act={() => send("DELETE", `/apis/${props.api.id}/implementations/${one.id}`)}
                      done={props.refresh}
                    >
                      It goes to Deleted and can be restored from there.
                    </Confirm>
                  )}
                </div>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
