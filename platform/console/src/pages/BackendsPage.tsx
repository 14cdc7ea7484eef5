import { Button, Loader, Modal } from "@mantine/core";
import { useState } from "react";
import { Link, useLocation } from "wouter";
import { send } from "../api/client";
import type { Backend, Page } from "../api/types";
import { useLoaded } from "../api/useLoaded";
import { Empty, ErrorNotice, PageHead, Panel, Tag } from "../shell/parts";
import { useFilters } from "../shell/useFilters";
import { BackendForm } from "./BackendForm";
import { Words } from "./filters";

export function BackendsPage() {
  const [filter, setFilter] = useFilters();
  const [, go] = useLocation();
  const [creating, setCreating] = useState(false);
  const backends = useLoaded<Page<Backend>>("/mobilebackends", { limit: 1000 });
  const words = filter("text").toLowerCase();
  const shown = (backends.data?.items ?? []).filter((one) => `${one.name} ${one.description}`.toLowerCase().includes(words));
  return (
    <>
      <PageHead title="Backends" under="What an app signs in to: its keys, its APIs, its settings">
        <Button onClick={() => setCreating(true)}>New backend</Button>
      </PageHead>
      <div className="row">
        <Words label="Search" value={filter("text")} change={(text) => setFilter({ text })} search width={220} />
      </div>
      <ErrorNotice error={backends.error} />
      <Panel flush>
        {shown.length > 0 && (
          <table className="list">
            <thead>
              <tr>
                <th>Backend</th>
                <th>APIs</th>
                <th>Sign-in</th>
                <th>Realm</th>
                <th className="number">Clients</th>
              </tr>
            </thead>
            <tbody>
              {shown.map((one) => (
                <tr
                  key={one.id}
                  className="active"
                  tabIndex={0}
                  onClick={() => go(`/backends/${one.id}`)}
                  onKeyDown={(event) => event.key === "Enter" && go(`/backends/${one.id}`)}
                >
                  <td>
                    <Link href={`/backends/${one.id}`} tabIndex={-1}>
                      {one.name}
                    </Link>{" "}
                    <span className="soft">{one.version}</span>
                    <div className="soft small">{one.description}</div>
                  </td>
                  <td>{one.apis.map((api) => api.name).join(", ") || <span className="soft">none</span>}</td>
                  <td>
                    <div className="row">
                      {one.basicAuth && <Tag>Basic</Tag>}
                      {one.anonymousAuth && <Tag>anonymous</Tag>}
                    </div>
                  </td>
                  <td>{one.realm}</td>
                  <td className="number">{one.clients.length}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
        {shown.length === 0 && backends.loading && (
          <Empty title="">
            <Loader aria-label="Loading" />
          </Empty>
        )}
        {shown.length === 0 && backends.data && (
          <Empty title={words ? "No backend of that name" : "No backends yet"}>
            {!words && "A new backend gets its keys at once; then associate the APIs its app calls."}
          </Empty>
        )}
      </Panel>
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
