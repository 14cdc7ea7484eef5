import { useAsked, ZONE, type EventName, type EventsAnswer } from "../api/analytics";
import { count } from "../api/format";
import charts from "../charts/charts.module.css";
import { Sparkline } from "../charts/Sparkline";
import { StackedBars } from "../charts/StackedBars";
import { Choice } from "../pages/filters";
import { DataTable, Exports, type Column } from "../shell/DataTable";
import { Panel } from "../shell/parts";
import { useFilters } from "../shell/useFilters";
import { Answered, type Base } from "./Question";
import { Tiles } from "./Tiles";

/** How often an event happened, and with which values of one of its properties. */
export function EventsReport({ base }: { base: Base }) {
  const [filter, setFilter] = useFilters();
  const name = filter("name");
  const known = useAsked<{ items: EventName[] }>("/analytics/event-names", { ...base });
  const events = useAsked<EventsAnswer>("/analytics/events", { ...base, tz: ZONE, name, group: name ? filter("group") : "" });
  const chosen = known.data?.items.find((one) => one.name === name);
  const columns: Column<EventsAnswer["groups"][number]>[] = [
    { head: name ? filter("group") || "Value" : "Event", text: (one) => one.value ?? "(none)", style: "wide" },
    { head: "Over time", text: (one) => one.series.join(" "), cell: (one) => <Sparkline values={one.series} /> },
    { head: "Occurrences", text: (one) => one.occurrences, cell: (one) => count(one.occurrences), number: true },
    { head: "Users", text: (one) => one.users, cell: (one) => count(one.users), number: true },
  ];
  return (
    <>
      <div className="row">
        <Choice
          label="Event"
          any="All events"
          value={name}
          change={(value) => setFilter({ name: value, group: null })}
          choices={(known.data?.items ?? []).map((one) => one.name)}
        />
        {name && (
          <Choice
            label="Group by"
            any="No groups"
            value={filter("group")}
            change={(group) => setFilter({ group })}
            choices={chosen?.properties ?? []}
          />
        )}
      </div>
      <Answered
        asked={events}
        empty={(data) => data.total.occurrences === 0}
        nothing="Apps report events with the SDK: mcs.mobileBackend.analytics.logEvent."
      >
        {(data) => (
          <>
            <Tiles
              entries={[
                ["Occurrences", count(data.total.occurrences)],
                ["A day", count(Math.round(data.total.perDay * 10) / 10)],
                ["Users", count(data.total.users)],
                ["Sessions", count(data.total.sessions)],
              ]}
            />
            <Panel title={name || "All events"}>
              <StackedBars
                label="Occurrences over time"
                times={data.series.map((one) => one.time)}
                bucketSeconds={data.bucketSeconds}
                series={[{ name: "occurrences", style: charts.ok ?? "", values: data.series.map((one) => one.occurrences) }]}
              />
            </Panel>
            {data.groups.length > 0 && (
              <Panel flush title="Groups" tools={<Exports name="Events" fields={columns} all={() => data.groups} />}>
                <DataTable
                  label="Events by group"
                  columns={columns}
                  rows={data.groups}
                  identity={(one) => one.value ?? ""}
                  open={name ? undefined : (one) => setFilter({ name: one.value })}
                />
              </Panel>
            )}
          </>
        )}
      </Answered>
    </>
  );
}
