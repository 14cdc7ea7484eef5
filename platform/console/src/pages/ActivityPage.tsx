import { Button } from "@mantine/core";
import { useState } from "react";
import { Link } from "wouter";
import { send } from "../api/client";
import { fullTime, moment } from "../api/format";
import type { Activity } from "../api/types";
import { usePaged } from "../api/usePaged";
import { ListPanel, type Column } from "../shell/DataTable";
import { Block, Empty, ErrorNotice, PageHead, Tag } from "../shell/parts";
import { useFilters } from "../shell/useFilters";
import css from "./ActivityPage.module.css";
import { Choice, Words } from "./filters";

const PAGES: Record<string, string> = { backend: "/backends/", api: "/apis/", connector: "/connectors/" };
const GONE = ["deleted", "purged"];

const COLUMNS: Column<Activity>[] = [
  {
    head: "Time",
    text: (one) => one.at,
    cell: (one) => (
      <span className="soft mono together" title={fullTime(one.at)}>
        {moment(one.at)}
      </span>
    ),
  },
  { head: "By", text: (one) => one.by },
  {
    head: "What",
    text: (one) => `${one.action} ${one.kind}`,
    cell: (one) => (
      <span className="together">
        <Tag tone={GONE.includes(one.action) ? "bad" : one.action === "created" ? "ok" : "calm"}>{one.action}</Tag> {one.kind}
      </span>
    ),
  },
  {
    head: "Name",
    text: (one) => one.name,
    cell: (one) =>
      PAGES[one.kind] && !GONE.includes(one.action) ? (
        <Link href={`${PAGES[one.kind]}${one.asset}`}>{one.name}</Link>
      ) : one.kind === "policy" ? (
        <Link href="/policies?tab=history">{one.name}</Link>
      ) : (
        one.name
      ),
  },
  {
    head: "Changes",
    text: (one) => one.changes.map((change) => change.field).join(", "),
    cell: (one) => <Changes one={one} />,
    style: "wide",
  },
];

/** Who changed what, newest first; most changes can be taken back. */
export default function ActivityPage() {
  const [filter, setFilter] = useFilters();
  const [error, setError] = useState<Error>();
  const list = usePaged<Activity>("/activity", { kind: filter("kind"), member: filter("member"), asset: filter("asset") }, "page", 30);
  const change = (name: string) => (value: string) => setFilter({ [name]: value, page: null });
  const undo = (one: Activity) => {
    setError(undefined);
    send("POST", `/activity/${one.id}/undo`).then(list.reload, setError);
  };
  return (
    <>
      <PageHead title="Activity" under="Who changed what; a change is undone while nothing has changed the same since">
        <Button variant="default" onClick={list.reload}>
          Refresh
        </Button>
      </PageHead>
      <ErrorNotice error={error} title="Not undone" />
      <ListPanel
        label="Activity"
        list={list}
        columns={COLUMNS}
        identity={(one) => one.id}
        title={
          <div className="row">
            <Words label="Member" value={filter("member")} change={change("member")} search width={160} />
            <Choice
              label="Kind"
              any="Any kind"
              value={filter("kind")}
              change={change("kind")}
              choices={["backend", "api", "implementation", "connector", "configuration", "policy", "user", "member"]}
            />
          </div>
        }
        empty={<Empty title="No changes yet">The first backend or API that somebody makes is listed here.</Empty>}
        actions={(one) =>
          one.undoneBy ? (
            <span className="soft small together">undone by {one.undoneBy}</span>
          ) : (
            one.undoable && (
              <Button size="compact-xs" variant="default" onClick={() => undo(one)} aria-label={`Undo ${one.action} ${one.name}`}>
                Undo
              </Button>
            )
          )
        }
      />
    </>
  );
}

function Changes({ one }: { one: Activity }) {
  if (one.changes.length === 0) return <span className="soft">–</span>;
  return (
    <details>
      <summary className={css.summary}>{one.changes.map((change) => change.field.replaceAll("_", " ")).join(", ")}</summary>
      {one.changes.map((change) => (
        <div key={change.field} className={css.change}>
          <strong>{change.field}</strong>
          {change.before === null && change.after === null ? (
            <span className="soft">is a secret, or was none; changed</span>
          ) : (
            <div className="columns">
              <Block label={`${change.field} before`} text={change.before ?? "(none)"} />
              <Block label={`${change.field} after`} text={change.after ?? "(none)"} />
            </div>
          )}
        </div>
      ))}
    </details>
  );
}
