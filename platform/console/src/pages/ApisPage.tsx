import { Loader } from "@mantine/core";
import { useState } from "react";
import { Link, useLocation } from "wouter";
import { moment } from "../api/format";
import type { Api, Page } from "../api/types";
import { useLoaded } from "../api/useLoaded";
import { Empty, ErrorNotice, PageHead, Panel, Tag } from "../shell/parts";
import { useFilters } from "../shell/useFilters";
import { FilePicker } from "./FilePicker";
import { Words } from "./filters";
import { NewApi } from "./NewApi";

export function ApisPage() {
  const [filter, setFilter] = useFilters();
  const [, go] = useLocation();
  const [files, setFiles] = useState<File[]>([]);
  const apis = useLoaded<Page<Api>>("/apis", { limit: 1000 });
  const words = filter("text").toLowerCase();
  const shown = (apis.data?.items ?? []).filter((api) => `${api.name} ${api.title} ${api.desc}`.toLowerCase().includes(words));
  return (
    <>
      <PageHead title="APIs" under="What a backend answers, by its RAML document" />
      <div className="row">
        <Words label="Search" value={filter("text")} change={(text) => setFilter({ text })} search width={220} />
        <span className="grow" />
        <FilePicker
          label="New API from RAML"
          hint="or drop the file here; several files when it includes others"
          accept=".raml,.yaml,.yml,.json,.txt"
          multiple
          testId="upload-raml"
          take={setFiles}
        />
      </div>
      <ErrorNotice error={apis.error} />
      <Panel flush>
        {shown.length > 0 && (
          <table className="list">
            <thead>
              <tr>
                <th>API</th>
                <th>Base path</th>
                <th>Answers</th>
                <th>Security</th>
                <th>Changed</th>
              </tr>
            </thead>
            <tbody>
              {shown.map((api) => (
                <tr
                  key={api.id}
                  className="active"
                  tabIndex={0}
                  onClick={() => go(`/apis/${api.id}`)}
                  onKeyDown={(event) => event.key === "Enter" && go(`/apis/${api.id}`)}
                >
                  <td>
                    <Link href={`/apis/${api.id}`} tabIndex={-1}>
                      {api.name}
                    </Link>{" "}
                    <span className="soft">{api.version}</span>
                    <div className="soft small">{api.title}</div>
                  </td>
                  <td className="mono">{api.basePath}</td>
                  <td>
                    {api.implementation ? (
                      <Tag tone="ok">
                        {api.implementation.name} {api.implementation.version}
                      </Tag>
                    ) : (
                      <Tag tone="calm">mock</Tag>
                    )}
                  </td>
                  <td>
                    {api.security.loginRequired ? "Login required" : "Anonymous allowed"}
                    {api.security.roles.length > 0 && <span className="soft"> · {api.security.roles.join(", ")}</span>}
                  </td>
                  <td className="soft">{moment(api.modifiedAt)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
        {shown.length === 0 && apis.loading && (
          <Empty title="">
            <Loader aria-label="Loading" />
          </Empty>
        )}
        {shown.length === 0 && apis.data && (
          <Empty title={words ? "No API of that name" : "No APIs yet"}>
            {!words && "Choose a RAML document above. A mock answers its examples at once."}
          </Empty>
        )}
      </Panel>
      {files.length > 0 && <NewApi files={files} close={() => setFiles([])} />}
    </>
  );
}
