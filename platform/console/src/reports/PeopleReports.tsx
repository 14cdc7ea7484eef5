import { useAsked, ZONE, type ClientRow, type Retention, type SessionsAnswer, type UsersAnswer } from "../api/analytics";
import { count, day, moment, percent } from "../api/format";
import charts from "../charts/charts.module.css";
import { StackedBars } from "../charts/StackedBars";
import { Choice } from "../pages/filters";
import { DataTable, Exports, type Column } from "../shell/DataTable";
import { Panel } from "../shell/parts";
import { useFilters } from "../shell/useFilters";
import { Answered, type Base } from "./Question";
import css from "./reports.module.css";
import { Tiles } from "./Tiles";

/** Users or devices: how many, how many of them new, and how many come back. */
export function UsersReport({ base }: { base: Base }) {
  const [filter, setFilter] = useFilters();
  const by = filter("of");
  const users = useAsked<UsersAnswer>("/analytics/users", { ...base, tz: ZONE, by });
  const retention = useAsked<Retention>("/analytics/retention", { ...base, tz: ZONE, by, unit: filter("unit") });
  return (
    <>
      <div className="row">
        <Choice label="Of" any="Users" value={by} change={(of) => setFilter({ of })} choices={[{ value: "device", label: "Devices" }]} />
        <Choice
          label="Unit"
          any="By week"
          value={filter("unit")}
          change={(unit) => setFilter({ unit })}
          choices={[{ value: "day", label: "By day" }]}
        />
      </div>
      <Answered asked={users} empty={(data) => data.total.active === 0} nothing="A user counts from the first call with a login.">
        {(data) => (
          <>
            <Tiles
              entries={[
                ["Active", count(data.total.active)],
                ["New", count(data.total.new)],
                ["Returning", count(data.total.returning)],
              ]}
            />
            <Panel title="New and returning">
              <StackedBars
                label="Active users over time"
                times={data.series.map((one) => one.time)}
                bucketSeconds={data.bucketSeconds}
                series={[
                  { name: "returning", style: charts.ok ?? "", values: data.series.map((one) => one.returning) },
                  { name: "new", style: charts.client ?? "", values: data.series.map((one) => one.new) },
                ]}
              />
            </Panel>
            <Answered asked={retention} empty={(found) => found.cohorts.length === 0} nothing="Come back when users have.">
              {(found) => <Cohorts found={found} />}
            </Answered>
          </>
        )}
      </Answered>
    </>
  );
}

function Cohorts({ found }: { found: Retention }) {
  const width = Math.max(1, ...found.cohorts.map((cohort) => cohort.returned.length));
  const heads = Array.from({ length: width }, (_, index) => index);
  const fields = [
    { head: "First seen", text: (one: Retention["cohorts"][number]) => one.time },
    { head: "Users", text: (one: Retention["cohorts"][number]) => one.size },
    ...heads.map((index) => ({
      head: `+${index}`,
      text: (one: Retention["cohorts"][number]) => one.returned[index],
    })),
  ];
  return (
    <Panel flush title="Who comes back" tools={<Exports name="Retention" fields={fields} all={() => found.cohorts} />}>
      <table className={`list ${css.cohorts}`} aria-label="Retention">
        <thead>
          <tr>
            <th scope="col">First seen</th>
            <th scope="col">Users</th>
            {heads.map((index) => (
              <th key={index} scope="col">
                +{index}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {found.cohorts.map((cohort) => (
            <tr key={cohort.time}>
              <td>{day(cohort.time)}</td>
              <td>{count(cohort.size)}</td>
              {heads.map((index) => {
                const share = cohort.share[index];
                const wash = share === undefined ? "" : `color-mix(in srgb, var(--chart-ok) ${Math.round(share * 35)}%, transparent)`;
                return (
                  <td key={index} style={{ background: wash }}>
                    {share === undefined ? "" : percent(share)}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

const CLIENTS: Column<ClientRow>[] = [
  { head: "Client", text: (one) => one.client ?? "(none)", style: "mono" },
  { head: "SDK", text: (one) => one.sdk ?? "(none)" },
  { head: "Calls", text: (one) => one.calls, cell: (one) => count(one.calls), number: true },
  { head: "Error rate", text: (one) => one.errorRate, cell: (one) => percent(one.errorRate), number: true },
  { head: "Users", text: (one) => one.users, number: true },
  { head: "Sessions", text: (one) => one.sessions, number: true },
  { head: "Last", text: (one) => one.last, cell: (one) => <span className="soft together">{moment(one.last)}</span> },
];

/** Runs of apps: how many, how long, on which clients. */
export function SessionsReport({ base }: { base: Base }) {
  const sessions = useAsked<SessionsAnswer>("/analytics/sessions", { ...base, tz: ZONE });
  const clients = useAsked<{ items: ClientRow[] }>("/analytics/clients", { ...base });
  return (
    <>
      <Answered asked={sessions} empty={(data) => data.total.sessions === 0} nothing="The SDKs send a session with every call.">
        {(data) => (
          <>
            <Tiles
              entries={[
                ["Sessions", count(data.total.sessions)],
                ["Users", count(data.total.users)],
                ["Average length", length(data.total.averageSeconds)],
                ["Median length", length(data.total.medianSeconds)],
                ["Calls each", (data.total.callsPerSession ?? 0).toFixed(1)],
                ["Events each", (data.total.eventsPerSession ?? 0).toFixed(1)],
              ]}
            />
            <Panel title="Sessions">
              <StackedBars
                label="Sessions over time"
                times={data.series.map((one) => one.time)}
                bucketSeconds={data.bucketSeconds}
                series={[{ name: "sessions", style: charts.ok ?? "", values: data.series.map((one) => one.sessions) }]}
              />
            </Panel>
          </>
        )}
      </Answered>
      <Answered asked={clients} empty={(data) => data.items.length === 0} nothing="Apps tell their application key and SDK with each call.">
        {(data) => (
          <Panel flush title="Clients and SDKs" tools={<Exports name="Clients" fields={CLIENTS} all={() => data.items} />}>
            <DataTable label="Clients" columns={CLIENTS} rows={data.items} identity={(one) => `${one.client ?? ""} ${one.sdk ?? ""}`} />
          </Panel>
        )}
      </Answered>
    </>
  );
}

function length(seconds: number | null): string {
  if (seconds === null) return "–";
  return seconds < 90 ? `${seconds.toFixed(0)} s` : `${(seconds / 60).toFixed(1)} min`;
}
