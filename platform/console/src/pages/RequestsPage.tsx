import { Button, Switch } from "@mantine/core";
import { useState } from "react";
import { useAsked, ZONE, type Facets, type Volume } from "../api/analytics";
import { address, Refusal } from "../api/client";
import { count, fullTime } from "../api/format";
import type { Call } from "../api/types";
import { useFollowed } from "../api/useFollowed";
import { CallsChart } from "../charts/CallsChart";
import { useKeys } from "../shell/keys";
import { ErrorNotice, PageHead, Panel } from "../shell/parts";
import { useFilters } from "../shell/useFilters";
import { Choice, PERIODS, Words } from "./filters";
import { FacetList, FACETS, telling } from "./FacetList";
import { QueryBox } from "./QueryBox";
import { RequestDetail } from "./RequestDetail";
import css from "./RequestsPage.module.css";
import { RequestTable, identity } from "./RequestTable";

const FILTERS = [
  "q", "from", "to", "path", "user", "ecid", "text", "session", "device", "minDurationMs", "tools", "preflights", "resource",
  ...FACETS.map((facet) => facet.name),
]; // prettier-ignore

/** Every call, with what it can be narrowed down by; one opens beside the list. */
export default function RequestsPage() {
  const [filter, setFilter] = useFilters();
  const [live, setLive] = useState(false);
  const [faceted, setFaceted] = useState(() => window.innerWidth > 1000);
  const filters = Object.fromEntries(FILTERS.map((name) => [name, filter(name)]));
  const slowest = filter("order") === "slowest";
  const calls = useFollowed<Call>("/requests", { ...filters, order: filter("order") }, live && !slowest, identity, {
    path: "/live/requests",
    event: "request",
  });
  const charted = { ...filters, from: filter("from") || "-24h" };
  const volume = useAsked<Volume>("/analytics/volume", { ...charted, tz: ZONE, points: 80 }, live ? 10 : undefined);
  const facets = useAsked<Facets>(faceted ? "/analytics/facets" : null, charted, live ? 30 : undefined);
  const open = filter("open");
  const place = calls.items.findIndex((call) => call.ecid === open);
  const used = FILTERS.some((name) => filter(name));
  const change = (name: string) => (value: string) => setFilter({ [name]: value, open: null });
  const step = (by: 1 | -1) => {
    const next = calls.items[place + by];
    if (place >= 0 && next) setFilter({ open: next.ecid });
  };
  const close = () => {
    setFilter({ open: null });
    document.querySelector<HTMLElement>(`tr[data-ecid="${CSS.escape(open)}"]`)?.focus();
  };
  const reload = () => {
    calls.reload();
    volume.reload();
    facets.reload();
  };
  useKeys({ l: () => setLive(!live), r: reload });
  const wrong = calls.error instanceof Refusal && calls.error.status === 400 && filter("q") !== "";

  const beside = faceted && facets.data && telling(facets.data, filter).length > 0 ? facets.data : null;
  return (
    <>
      <PageHead title="Requests" under={`${calls.counted} calls`}>
        <span className="unseen" role="status">
          {live && calls.arrived > 0 ? `${calls.arrived} new calls` : ""}
        </span>
        <Switch withThumbIndicator={false} label="Live" checked={live} onChange={(event) => setLive(event.currentTarget.checked)} />
        <Button variant="default" onClick={reload}>
          Refresh
        </Button>
      </PageHead>
      <div className="row" role="search">
        <QueryBox value={filter("q")} change={change("q")} error={wrong ? calls.error : undefined} />
        <Words label="Path contains" value={filter("path")} change={change("path")} width={150} />
        <Choice
          label="Status"
          any="Any status"
          value={filter("status")}
          change={change("status")}
          choices={["2xx", "3xx", "4xx", "5xx", "400", "401", "403", "404", "500", "503", "504"]}
        />
        <Choice label="Period" any="All time" value={filter("from")} change={(from) => setFilter({ from, to: null })} choices={PERIODS} />
        <Choice
          label="Order"
          any="Newest"
          value={filter("order")}
          change={change("order")}
          choices={[{ value: "slowest", label: "Slowest" }]}
        />
        {filter("to") && (
          <Button size="compact-sm" variant="light" onClick={() => setFilter({ from: null, to: null })}>
            {fullTime(filter("from"))} to {fullTime(filter("to"))} ×
          </Button>
        )}
        <Switch
          withThumbIndicator={false}
          label="Preflights"
          checked={filter("preflights") === "true"}
          onChange={(event) => change("preflights")(event.currentTarget.checked ? "true" : "")}
        />
        <Switch
          withThumbIndicator={false}
          label="Tools calls"
          checked={filter("tools") === "true"}
          onChange={(event) => change("tools")(event.currentTarget.checked ? "true" : "")}
        />
        {used && (
          <Button variant="subtle" size="compact-sm" onClick={() => setFilter(Object.fromEntries(FILTERS.map((name) => [name, null])))}>
            Clear
          </Button>
        )}
      </div>
      {!wrong && <ErrorNotice error={calls.error} />}
      {volume.data && (
        <Panel title={filter("from") ? undefined : "Last 24 hours"}>
          <CallsChart
            series={volume.data.series}
            bucketSeconds={volume.data.bucketSeconds}
            height={130}
            zoom={(from, to) => setFilter({ from, to, open: null })}
          />
        </Panel>
      )}
      <div className={beside ? css.sides : ""}>
        {beside && <FacetList facets={beside} filter={filter} change={change} />}
        <Panel
          flush
          title={<span className="soft">{calls.items.length < calls.total ? `${count(calls.items.length)} of ${calls.counted}` : "all"}</span>}
          tools={
            <>
              {!facets.missing && (
                <Button size="compact-xs" variant="subtle" color="gray" aria-pressed={faceted} onClick={() => setFaceted(!faceted)}>
                  {faceted ? "Hide facets" : "Show facets"}
                </Button>
              )}
              {!volume.missing &&
                ["csv", "jsonl", "parquet"].map((format) => (
                  <a key={format} className="small" href={address("/export/requests", { ...filters, format })} download={`requests.${format}`}>
                    {format}
                  </a>
                ))}
            </>
          }
        >
          <RequestTable calls={calls} open={open} choose={(ecid) => setFilter({ open: ecid })} />
        </Panel>
      </div>
      <RequestDetail
        ecid={open}
        close={close}
        next={place >= 0 && place < calls.items.length - 1 ? () => step(1) : undefined}
        previous={place > 0 ? () => step(-1) : undefined}
      />
    </>
  );
}
