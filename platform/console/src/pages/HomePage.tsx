import { Loader, SegmentedControl } from "@mantine/core";
import { Link, useLocation } from "wouter";
import { useAsked, ZONE, type LatencyAnswer, type UsersAnswer } from "../api/analytics";
import { count, milliseconds, percent } from "../api/format";
import type { Kpis } from "../api/types";
import { useLoaded } from "../api/useLoaded";
import { CallsChart } from "../charts/CallsChart";
import { LatencyChart } from "../charts/LatencyChart";
import { Sparkline } from "../charts/Sparkline";
import { Exports } from "../shell/DataTable";
import { Empty, ErrorNotice, Method, PageHead, Panel } from "../shell/parts";
import { useFilters } from "../shell/useFilters";
import type { Field } from "../shell/saving";
import { Checklist } from "./Checklist";
import css from "./HomePage.module.css";
import { ProblemsBanner } from "./ProblemsBanner";
import { TopErrors } from "./TopErrors";

const RANGES: Record<string, string> = {
  "15m": "15 minutes",
  "1h": "hour",
  "24h": "24 hours",
  "7d": "7 days",
  "30d": "30 days",
};

export default function HomePage() {
  const [filter, setFilter] = useFilters();
  const range = RANGES[filter("range")] ? filter("range") : "1h";
  const backend = filter("backend");
  const from = `-${range}`;
  const kpis = useLoaded<Kpis>("/kpis", { from, backend, tz: ZONE }, 30);
  const latency = useAsked<LatencyAnswer>("/analytics/latency", { from, backend, tz: ZONE }, 30);
  const users = useAsked<UsersAnswer>("/analytics/users", { from, backend, tz: ZONE }, 60);
  const [, go] = useLocation();
  const zoom = (first: string, last: string) =>
    go(`/requests?${new URLSearchParams({ from: first, to: last, ...(backend ? { backend } : {}) }).toString()}`);

  return (
    <>
      <PageHead title={backend || "Home"} under={backend ? <Link href={`/?range=${range}`}>All backends</Link> : "All backends"}>
        <SegmentedControl
          aria-label="Period"
          value={range}
          onChange={(value) => setFilter({ range: value })}
          data={Object.keys(RANGES)}
        />
      </PageHead>
      <ProblemsBanner />
      <ErrorNotice error={kpis.error} />
      {!kpis.data && kpis.loading && <Loader aria-label="Loading" />}
      {kpis.data && (
        <Figures kpis={kpis.data} latency={latency.data} users={users.data} range={range} backend={backend} zoom={zoom} />
      )}
    </>
  );
}

interface FigureProps {
  kpis: Kpis;
  latency: LatencyAnswer | undefined;
  users: UsersAnswer | undefined;
  range: string;
  backend: string;
  zoom: (from: string, to: string) => void;
}

function Figures({ kpis, latency, users, range, backend, zoom }: FigureProps) {
  const { total, previous, series } = kpis;
  return (
    <>
      <div className={css.cards}>
        <Card
          id="calls"
          name="Calls"
          value={count(total.calls)}
          now={total.calls}
          before={previous.calls}
          range={range}
          curve={series.map((one) => one.ok + one.clientErrors + one.serverErrors)}
        />
        <Card
          id="error-rate"
          name="Error rate"
          value={percent(total.errorRate)}
          now={total.calls ? total.errorRate : null}
          before={previous.calls ? previous.errorRate : null}
          range={range}
          curve={series.map((one) => one.serverErrors)}
          lessIsBetter
          points
        />
        <Card
          id="p95"
          name="p95 answer time"
          value={milliseconds(total.p95Ms)}
          now={total.p95Ms}
          before={previous.p95Ms}
          range={range}
          curve={series.map((one) => one.p95Ms ?? 0)}
          lessIsBetter
        />
        <Card
          id="users"
          name="Active users"
          value={count(total.users)}
          now={total.users}
          before={previous.users}
          range={range}
          curve={users?.series.map((one) => one.active) ?? []}
        />
      </div>
      <Checklist kpis={kpis} />
      {total.calls === 0 && (
        <Panel>
          <Empty title={`No calls in the last ${RANGES[range]}`}>Calls show up here within a second.</Empty>
        </Panel>
      )}
      {total.calls > 0 && (
        <>
          <div className="columns">
            <Panel title="Calls">
              <CallsChart series={series} bucketSeconds={kpis.bucketSeconds} zoom={zoom} />
            </Panel>
            <Panel title="Answer time">
              <LatencyChart series={latency?.series ?? series} bucketSeconds={latency?.bucketSeconds ?? kpis.bucketSeconds} zoom={zoom} />
            </Panel>
          </div>
          <TopErrors range={range} backend={backend} />
          <div className="columns">
            <BackendTable kpis={kpis} range={range} />
            <EndpointTable kpis={kpis} range={range} />
          </div>
        </>
      )}
    </>
  );
}

interface CardProps {
  id: string;
  name: string;
  value: string;
  now: number | null;
  before: number | null;
  range: string;
  curve: number[];
  lessIsBetter?: boolean;
  points?: boolean;
}

function Card(props: CardProps) {
  const { now, before } = props;
  let change = "nothing in the period before";
  let tone: string | undefined;
  if (now !== null && before !== null && (before > 0 || props.points)) {
    const by = props.points ? (now - before) * 100 : ((now - before) / before) * 100;
    const size = Math.abs(by) < 10 ? Math.abs(by).toFixed(1) : count(Math.abs(by));
    const sign = by > 0 ? "▲" : "▼";
    change = Math.abs(by) < 0.05 ? "as in the period before" : `${sign} ${size} ${props.points ? "points" : "%"}`;
    if (props.lessIsBetter && Math.abs(by) >= 0.05) tone = by > 0 ? css.worse : css.better;
  }
  return (
    <section className={css.card}>
      <div className={css.name}>{props.name}</div>
      <div className={css.value} data-testid={`kpi-${props.id}`}>
        {props.value}
      </div>
      <div className={`${css.change} ${tone ?? ""}`} title={`Against the ${RANGES[props.range]} before`}>
        {change}
      </div>
      <div className={css.curve}>
        {props.curve.some((value) => value > 0) && <Sparkline values={props.curve} width={84} height={28} />}
      </div>
    </section>
  );
}

const BACKENDS: Field<Kpis["backends"][number]>[] = [
  { head: "Backend", text: (one) => one.backend },
  { head: "Calls", text: (one) => one.calls },
  { head: "Errors", text: (one) => one.errors },
  { head: "p50 ms", text: (one) => one.p50Ms },
  { head: "p95 ms", text: (one) => one.p95Ms },
];
const ENDPOINTS: Field<Kpis["endpoints"][number]>[] = [
  { head: "API", text: (one) => one.api },
  { head: "Method", text: (one) => one.method },
  { head: "Resource", text: (one) => one.resource },
  { head: "Calls", text: (one) => one.calls },
  { head: "Errors", text: (one) => one.errors },
  { head: "p95 ms", text: (one) => one.p95Ms },
];

function BackendTable({ kpis, range }: { kpis: Kpis; range: string }) {
  const [, go] = useLocation();
  return (
    <Panel title="Backends" flush tools={<Exports name="Backends" fields={BACKENDS} all={() => kpis.backends} />}>
      <table className="list" aria-label="Backends">
        <thead>
          <tr>
            <th>Backend</th>
            <th>Calls over time</th>
            <th className="number">Calls</th>
            <th className="number">Errors</th>
            <th className="number">p50</th>
            <th className="number">p95</th>
          </tr>
        </thead>
        <tbody>
          {kpis.backends.map((one) => (
            <tr key={one.backend} className="active" onClick={() => go(`/?range=${range}&backend=${encodeURIComponent(one.backend)}`)}>
              <td>
                <Link href={`/requests?from=-${range}&backend=${encodeURIComponent(one.backend)}`} onClick={(event) => event.stopPropagation()}>
                  {one.backend || "(none)"}
                </Link>
              </td>
              <td>
                <Sparkline values={one.series} />
              </td>
              <td className="number">{count(one.calls)}</td>
              <td className="number">{percent(one.errorRate)}</td>
              <td className="number">{milliseconds(one.p50Ms)}</td>
              <td className="number">{milliseconds(one.p95Ms)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

function EndpointTable({ kpis, range }: { kpis: Kpis; range: string }) {
  return (
    <Panel title="Top endpoints" flush tools={<Exports name="Top endpoints" fields={ENDPOINTS} all={() => kpis.endpoints} />}>
      <table className="list" aria-label="Top endpoints">
        <thead>
          <tr>
            <th>Endpoint</th>
            <th className="number">Calls</th>
            <th className="number">Errors</th>
            <th className="number">p95</th>
          </tr>
        </thead>
        <tbody>
          {kpis.endpoints.map((one) => (
            <tr key={`${one.api} ${one.method} ${one.resource}`}>
              <td>
                <Method name={one.method} />
                <Link href={requestsOf(one, range)}>{one.resource}</Link>{" "}
                <span className="soft small">{one.api}</span>
              </td>
              <td className="number">{count(one.calls)}</td>
              <td className="number">{count(one.errors)}</td>
              <td className="number">{milliseconds(one.p95Ms)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

function requestsOf(endpoint: Kpis["endpoints"][number], range: string): string {
  // A resource with a placeholder is in no path as such; what comes before the placeholder is.
  const path = (endpoint.resource ?? "").split("{")[0] ?? "";
  return `/requests?${new URLSearchParams({ from: `-${range}`, api: endpoint.api ?? "", method: endpoint.method, path }).toString()}`;
}
