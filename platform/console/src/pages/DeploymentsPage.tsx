import { Button, Loader } from "@mantine/core";
import { count, fullTime, moment } from "../api/format";
import type { Deployment } from "../api/types";
import { usePaged } from "../api/usePaged";
import { Exports, Pager } from "../shell/DataTable";
import { Block, Empty, ErrorNotice, Findings, PageHead, Panel, Tag } from "../shell/parts";
import type { Field } from "../shell/saving";
import { useFilters } from "../shell/useFilters";
import { Choice, Words } from "./filters";

const FIELDS: Field<Deployment>[] = [
  { head: "Time", text: (one) => one.at },
  { head: "Outcome", text: (one) => (one.succeeded ? "in service" : "refused") },
  { head: "Kind", text: (one) => one.kind },
  { head: "Subject", text: (one) => one.subject },
  { head: "What happened", text: (one) => one.summary },
  { head: "By", text: (one) => one.by },
];

export default function DeploymentsPage() {
  const [filter, setFilter] = useFilters();
  const query = { kind: filter("kind"), subject: filter("subject"), failed: filter("failed") };
  const attempts = usePaged<Deployment>("/deployments", query, "page", 30);
  const { items } = attempts;
  const open = filter("open");
  return (
    <>
      <PageHead title="Deployments" under="Every attempt to change what is served, also the refused ones">
        <Button variant="default" onClick={attempts.reload}>
          Refresh
        </Button>
      </PageHead>
      <div className="row" role="search">
        <Words label="Subject" value={filter("subject")} change={(subject) => setFilter({ subject, page: null })} search width={220} />
        <Choice
          label="Kind"
          any="Any kind"
          value={filter("kind")}
          change={(kind) => setFilter({ kind, page: null })}
          choices={["implementation", "api", "backend"]}
        />
        <Choice
          label="Outcome"
          any="Any outcome"
          value={filter("failed")}
          change={(failed) => setFilter({ failed, page: null })}
          choices={[{ value: "true", label: "refused" }]}
        />
      </div>
      <ErrorNotice error={attempts.error} />
      <Panel
        flush
        title={<span className="soft">{count(attempts.total)} in all</span>}
        tools={<Exports name="Deployments" fields={FIELDS} all={attempts.all} />}
      >
        <table className="list" aria-label="Deployments">
          <thead>
            <tr>
              <th>Time</th>
              <th>Outcome</th>
              <th>Subject</th>
              <th>What happened</th>
              <th>By</th>
            </tr>
          </thead>
          <tbody>
            {items.map((one) => (
              <Attempt key={one.id} one={one} open={one.id === open} toggle={() => setFilter({ open: one.id === open ? null : one.id })} />
            ))}
          </tbody>
        </table>
        {items.length === 0 && (
          <Empty title={attempts.loading ? "" : "No deployments"}>
            {attempts.loading ? <Loader aria-label="Loading" /> : "The first upload of an API or an implementation is listed here."}
          </Empty>
        )}
        <Pager of="Deployments" list={attempts} />
      </Panel>
    </>
  );
}

function Attempt({ one, open, toggle }: { one: Deployment; open: boolean; toggle: () => void }) {
  return (
    <>
      <tr
        className={`active ${open ? "chosen" : ""}`}
        tabIndex={0}
        onClick={toggle}
        onKeyDown={(event) => event.key === "Enter" && toggle()}
      >
        <td className="mono soft together" title={fullTime(one.at)}>
          <span aria-hidden="true">{open ? "▾" : "▸"}</span> <span className="unseen">{open ? "open" : "closed"}</span>
          {moment(one.at)}
        </td>
        <td>
          <Tag tone={one.succeeded ? "ok" : "bad"}>{one.succeeded ? "✓ in service" : "✗ refused"}</Tag>
        </td>
        <td className="together">
          {one.subject} <span className="soft small">{one.kind}</span>
        </td>
        <td style={{ width: "50%" }}>{one.summary}</td>
        <td>{one.by}</td>
      </tr>
      {open && (
        <tr>
          <td colSpan={5}>
            <div className="stack">
              {one.findings.length > 0 ? <Findings findings={one.findings} /> : <span className="soft">Nothing was found fault with.</span>}
              {one.buildLog && <Block text={one.buildLog} label="Build log" />}
            </div>
          </td>
        </tr>
      )}
    </>
  );
}
