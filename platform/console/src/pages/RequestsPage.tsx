import { Button, Loader, Switch } from "@mantine/core";
import { useState, type KeyboardEvent } from "react";
import { count, fullTime, milliseconds, moment } from "../api/format";
import type { Call } from "../api/types";
import { useFollowed } from "../api/useFollowed";
import { Empty, ErrorNotice, LevelTag, Method, PageHead, Panel, StatusTag } from "../shell/parts";
import { useFilters } from "../shell/useFilters";
import { caller } from "./caller";
import { Choice, PERIODS, Words } from "./filters";
import { RequestDetail } from "./RequestDetail";
import { useNames } from "./useNames";

const FILTERS = ["from", "to", "backend", "api", "method", "status", "user", "path", "ecid", "order", "minDurationMs"];

const identity = (call: Call) => `${call.ecid} ${call.rid} ${call.time}`;

export default function RequestsPage() {
  const [filter, setFilter] = useFilters();
  const [live, setLive] = useState(false);
  const query = Object.fromEntries(FILTERS.map((name) => [name, filter(name)]));
  const calls = useFollowed<Call>("/requests", query, live && filter("order") !== "slowest", identity);
  const open = filter("open");
  const place = calls.items.findIndex((call) => call.ecid === open);
  const step = (by: 1 | -1) => {
    const next = calls.items[place + by];
    if (place >= 0 && next) setFilter({ open: next.ecid });
  };
  const close = () => {
    setFilter({ open: null });
    document.querySelector<HTMLElement>(`tr[data-ecid="${CSS.escape(open)}"]`)?.focus();
  };

  return (
    <>
      <PageHead title="Requests" under={`${count(calls.total)} calls`}>
        <span className="unseen" role="status">
          {live && calls.arrived > 0 ? `${calls.arrived} new calls` : ""}
        </span>
        <Switch withThumbIndicator={false} label="Live" checked={live} onChange={(event) => setLive(event.currentTarget.checked)} />
        <Button variant="default" onClick={calls.reload}>
          Refresh
        </Button>
      </PageHead>
      <RequestFilters />
      <ErrorNotice error={calls.error} />
      <Panel flush>
        <table className="list" data-testid="requests-table" aria-busy={calls.loading}>
          <thead>
            <tr>
              <th>Time</th>
              <th>Status</th>
              <th>Request</th>
              <th>Backend</th>
              <th className="number">Duration</th>
              <th>User</th>
              <th>Log</th>
              <th>Implementation</th>
            </tr>
          </thead>
          <tbody>
            {calls.items.map((call) => (
              <Row key={identity(call)} call={call} chosen={call.ecid === open} choose={() => setFilter({ open: call.ecid })} />
            ))}
          </tbody>
        </table>
        {calls.items.length === 0 && (calls.loading ? <Waiting /> : <Nothing />)}
      </Panel>
      {calls.hasMore && (
        <div>
          <Button variant="default" onClick={calls.more}>
            Load more
          </Button>
        </div>
      )}
      <RequestDetail
        ecid={open}
        close={close}
        next={place >= 0 && place < calls.items.length - 1 ? () => step(1) : undefined}
        previous={place > 0 ? () => step(-1) : undefined}
      />
    </>
  );
}

function Row({ call, chosen, choose }: { call: Call; chosen: boolean; choose: () => void }) {
  const press = (event: KeyboardEvent) => {
    if (event.key === "Enter") choose();
  };
  return (
    <tr
      className={`active ${chosen ? "chosen" : ""}`}
      tabIndex={0}
      onClick={choose}
      onKeyDown={press}
      data-testid="request-row"
      data-ecid={call.ecid}
      data-status={call.status}
    >
      <td className="mono soft together" title={fullTime(call.time)}>
        {moment(call.time)}
      </td>
      <td>
        <StatusTag status={call.status} />
      </td>
      <td className="cut" style={{ width: "45%" }} title={call.path}>
        <Method name={call.method} />
        {call.resource ?? call.path}{" "}
        <span className="soft small">
          {call.api} {call.apiVersion}
        </span>
      </td>
      <td className="together">{call.backend ?? "–"}</td>
      <td className="number together">
        {milliseconds(call.durationMs)}
      </td>
      <td className="short" title={call.user ?? undefined}>
        {caller(call) ?? <span className="soft">{call.callerKind ?? "–"}</span>}
      </td>
      <td>{call.messages > 0 && call.worst && <LevelTag level={call.worst} times={call.messages} />}</td>
      <td className="soft together">
        {call.implementation ?? "–"}
      </td>
    </tr>
  );
}

function RequestFilters() {
  const [filter, setFilter] = useFilters();
  const names = useNames();
  const change = (name: string) => (value: string) => setFilter({ [name]: value, open: null });
  const used = FILTERS.some((name) => filter(name));
  return (
    <div className="row" role="search">
      <Words label="Path contains" value={filter("path")} change={change("path")} search width={190} />
      <Choice
        label="Status"
        any="Any status"
        value={filter("status")}
        change={change("status")}
        choices={["2xx", "3xx", "4xx", "5xx", "400", "401", "403", "404", "500", "503", "504"]}
      />
      <Choice label="Backend" any="Any backend" value={filter("backend")} change={change("backend")} choices={names.backends} />
      <Choice label="API" any="Any API" value={filter("api")} change={change("api")} choices={names.apis} />
      <Choice
        label="Method"
        any="Any method"
        value={filter("method")}
        change={change("method")}
        choices={["GET", "POST", "PUT", "PATCH", "DELETE"]}
      />
      <Words label="User" value={filter("user")} change={change("user")} width={90} />
      <Choice label="Period" any="All time" value={filter("from")} change={change("from")} choices={PERIODS} />
      <Choice
        label="Order"
        any="Newest"
        value={filter("order")}
        change={change("order")}
        choices={[{ value: "slowest", label: "Slowest" }]}
      />
      {used && (
        <Button variant="subtle" size="compact-sm" onClick={() => setFilter(Object.fromEntries(FILTERS.map((name) => [name, null])))}>
          Clear
        </Button>
      )}
    </div>
  );
}

function Waiting() {
  return (
    <Empty title="">
      <Loader aria-label="Loading" />
    </Empty>
  );
}

function Nothing() {
  return <Empty title="No calls">Call a backend, or ask for less: fewer filters, a longer period.</Empty>;
}
