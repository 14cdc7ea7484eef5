import { Loader, SegmentedControl } from "@mantine/core";
import { Link, useLocation } from "wouter";
import { count, milliseconds, percent } from "../api/format";
import type { Environment, Kpis } from "../api/types";
import { useLoaded } from "../api/useLoaded";
import { CallsChart } from "../charts/CallsChart";
import { LatencyChart } from "../charts/LatencyChart";
import { Sparkline } from "../charts/Sparkline";
import { Empty, ErrorNotice, Method, PageHead, Panel } from "../shell/parts";
import { useFilters } from "../shell/useFilters";
import css from "./HomePage.module.css";
import { ProblemsBanner } from "./ProblemsBanner";

const RANGES: Record<string, string> = { "15m": "15 minutes", "1h": "hour", "24h": "24 hours", "7d": "7 days" };

export default function HomePage() {
  const [filter, setFilter] = useFilters();
  const range = RANGES[filter("range")] ? filter("range") : "1h";
  const backend = filter("backend");
  const kpis = useLoaded<Kpis>("/kpis", { from: `-${range}`, backend }, 30);

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
      {kpis.data && <Figures kpis={kpis.data} range={range} />}
    </>
  );
}

function Figures({ kpis, range }: { kpis: Kpis; range: string }) {
  const { total, previous } = kpis;
  return (
    <>
      <div className={css.cards}>
        <Card id="calls" name="Calls" value={count(total.calls)} now={total.calls} before={previous.calls} range={range} />
        <Card
          id="error-rate"
          name="Error rate"
          value={percent(total.errorRate)}
          now={total.calls ? total.errorRate : null}
          before={previous.calls ? previous.errorRate : null}
          range={range}
          lessIsBetter
          points
        />
        <Card id="p50" name="p50 answer time" value={milliseconds(total.p50Ms)} now={total.p50Ms} before={previous.p50Ms} range={range} lessIsBetter />
        <Card id="p95" name="p95 answer time" value={milliseconds(total.p95Ms)} now={total.p95Ms} before={previous.p95Ms} range={range} lessIsBetter />
      </div>
      {total.calls === 0 && <FirstSteps range={range} />}
      {total.calls > 0 && (
        <>
          <div className="columns">
            <Panel title="Calls">
              <CallsChart series={kpis.series} bucketSeconds={kpis.bucketSeconds} />
            </Panel>
            <Panel title="Answer time">
              <LatencyChart series={kpis.series} bucketSeconds={kpis.bucketSeconds} />
            </Panel>
          </div>
          <div className="columns">
            <BackendTable kpis={kpis} range={range} />
            <EndpointTable kpis={kpis} range={range} />
          </div>
        </>
      )}
    </>
  );
}

function Card(props: {
  id: string;
  name: string;
  value: string;
  now: number | null;
  before: number | null;
  range: string;
  lessIsBetter?: boolean;
  points?: boolean;
}) {
  const { now, before } = props;
  let change = "no calls in the period before";
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
    </section>
  );
}

function FirstSteps({ range }: { range: string }) {
  const environment = useLoaded<Environment>("/environment");
  return (
    <Panel>
      <Empty title={`No calls in the last ${RANGES[range]}`}>
        <div>Calls show up here within a second. Nothing made yet? Three steps:</div>
        <ol className={css.steps}>
          <li>
            <Link href="/apis">Add an API</Link> from its RAML document: a mock answers it at once.
          </li>
          <li>
            <Link href="/backends">Make a backend</Link> and associate the API; its page has a curl line with the real key.
          </li>
          <li>Call it{environment.data && <> at {environment.data.baseUri}</>}, then upload an implementation in place of the mock.</li>
        </ol>
      </Empty>
    </Panel>
  );
}

function BackendTable({ kpis, range }: { kpis: Kpis; range: string }) {
  const [, go] = useLocation();
  return (
    <Panel title="Backends" flush>
      <table className="list">
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
    <Panel title="Top endpoints" flush>
      <table className="list">
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
