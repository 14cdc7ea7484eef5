import { Link, useLocation } from "wouter";
import { useAsked, ZONE, type LatencyAnswer, type Ranked, type Volume } from "../api/analytics";
import { count, milliseconds, percent } from "../api/format";
import { CallsChart } from "../charts/CallsChart";
import { LatencyChart } from "../charts/LatencyChart";
import { Choice } from "../pages/filters";
import { DataTable, Exports, type Column } from "../shell/DataTable";
import { Method, Panel } from "../shell/parts";
import { useFilters } from "../shell/useFilters";
import { Answered, type Base } from "./Question";

const BY = ["endpoint", "api", "backend", "client", "sdk", "user", "implementation", "status", "error", "method", "caller"];
const ORDERS = ["errors", "errorRate", "p95", "average", "total"];

/** Calls, how long they took, and who or what had most of them. */
export function ApiCallsReport({ base }: { base: Base }) {
  const [filter, setFilter] = useFilters();
  const [, go] = useLocation();
  const by = filter("by") || "endpoint";
  const volume = useAsked<Volume>("/analytics/volume", { ...base, tz: ZONE }, 60);
  const latency = useAsked<LatencyAnswer>("/analytics/latency", { ...base, tz: ZONE }, 60);
  const ranking = useAsked<{ items: Ranked[]; groups: number }>("/analytics/ranking", { ...base, by, order: filter("order"), limit: 100 });
  const zoom = (from: string, to: string) => go(`/requests?${new URLSearchParams({ from, to, backend: base.backend }).toString()}`);
  const columns: Column<Ranked>[] = [
    { head: by, text: (one) => one.key, cell: (one) => <Name one={one} by={by} base={base} />, style: "wide" },
    { head: "Calls", text: (one) => one.calls, cell: (one) => count(one.calls), number: true },
    { head: "Share", text: (one) => one.share, cell: (one) => percent(one.share), number: true },
    { head: "4xx", text: (one) => one.clientErrors, cell: (one) => count(one.clientErrors), number: true },
    { head: "5xx", text: (one) => one.serverErrors, cell: (one) => count(one.serverErrors), number: true },
    { head: "Error rate", text: (one) => one.errorRate, cell: (one) => percent(one.errorRate), number: true },
    { head: "Average", text: (one) => one.averageMs, cell: (one) => milliseconds(one.averageMs), number: true },
    { head: "p95", text: (one) => one.p95Ms, cell: (one) => milliseconds(one.p95Ms), number: true },
  ];
  return (
    <Answered asked={volume} empty={(data) => data.total.calls === 0} nothing="Calls of apps are counted here.">
      {(data) => (
        <>
          <div className="columns">
            <Panel title="Calls">
              <CallsChart series={data.series} bucketSeconds={data.bucketSeconds} zoom={zoom} />
            </Panel>
            <Panel title="Answer time">
              <Answered asked={latency}>
                {(found) => <LatencyChart series={found.series} bucketSeconds={found.bucketSeconds} zoom={zoom} />}
              </Answered>
            </Panel>
          </div>
          <Answered asked={ranking}>
            {(found) => (
              <Panel
                flush
                title={
                  <div className="row">
                    <Choice label="By" any="endpoint" value={filter("by")} change={(value) => setFilter({ by: value })} choices={BY.slice(1)} />
                    <Choice label="Order" any="calls" value={filter("order")} change={(order) => setFilter({ order })} choices={ORDERS} />
                  </div>
                }
                tools={<Exports name={`Calls by ${by}`} fields={columns} all={() => found.items} />}
              >
                <DataTable label={`Calls by ${by}`} columns={columns} rows={found.items} identity={(one) => one.key} />
              </Panel>
            )}
          </Answered>
        </>
      )}
    </Answered>
  );
}

function Name({ one, by, base }: { one: Ranked; by: string; base: Base }) {
  const value = by === "endpoint" ? `${one.method ?? ""} ${one.resource ?? ""}` : (one.value ?? one.backend ?? one.api ?? one.method ?? "");
  const query = new URLSearchParams({ from: base.from, [by]: value || "-" });
  if (by === "endpoint" && one.api) query.set("api", one.api);
  return (
    <Link href={`/requests?${query.toString()}`}>
      {by === "endpoint" ? (
        <>
          <Method name={one.method ?? ""} /> {one.resource} <span className="soft small">{one.api}</span>
        </>
      ) : (
        value || "(none)"
      )}
    </Link>
  );
}
