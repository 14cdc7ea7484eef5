import { Button } from "@mantine/core";
import { useAsked, type EventName, type Funnel } from "../api/analytics";
import { count, percent } from "../api/format";
import { Choice } from "../pages/filters";
import { DataTable, Exports, type Column } from "../shell/DataTable";
import { Empty, Panel } from "../shell/parts";
import { useFilters } from "../shell/useFilters";
import { Answered, type Base } from "./Question";
import css from "./reports.module.css";

const MOST = 10;
type Step = Funnel["steps"][number];

const COLUMNS: Column<Step>[] = [
  { head: "Step", text: (one) => one.name },
  { head: "Reached", text: (one) => one.reached, cell: (one) => count(one.reached), number: true },
  { head: "Of all", text: (one) => one.share, cell: (one) => percent(one.share), number: true },
  { head: "Of the step before", text: (one) => one.ofPrevious, cell: (one) => percent(one.ofPrevious), number: true },
  {
    head: "Median time",
    text: (one) => one.medianSeconds,
    cell: (one) => (one.medianSeconds === null ? "–" : `${one.medianSeconds.toFixed(1)} s`),
    number: true,
  },
];

/** How many went from one event to the next. */
export function FunnelReport({ base }: { base: Base }) {
  const [filter, setFilter] = useFilters();
  const known = useAsked<{ items: EventName[] }>("/analytics/event-names", { ...base });
  const steps = filter("steps").split("|").filter(Boolean);
  const set = (names: string[]) => setFilter({ steps: names.filter(Boolean).join("|") });
  const query = steps.map((name) => `step=${encodeURIComponent(name)}`).join("&");
  const funnel = useAsked<Funnel>(steps.length >= 2 ? `/analytics/funnel?${query}` : null, {
    ...base,
    by: filter("of"),
    within: filter("within"),
  });
  const names = (known.data?.items ?? []).map((one) => one.name);
  return (
    <>
      <div className="row">
        {[...steps, ...(steps.length < MOST ? [""] : [])].map((name, index) => (
          <Choice
            key={index}
            label={`Step ${index + 1}`}
            any={name ? "(remove)" : steps.length === 0 ? "First event" : "Add a step"}
            value={name}
            change={(value) => set([...steps.slice(0, index), value, ...steps.slice(index + 1)])}
            choices={names}
          />
        ))}
        <Choice label="Of" any="Sessions" value={filter("of")} change={(of) => setFilter({ of })} choices={["user", "device"]} />
        <Choice
          label="Within"
          any="Any time"
          value={filter("within")}
          change={(within) => setFilter({ within })}
          choices={["1h", "1d", "7d"]}
        />
        {steps.length > 0 && (
          <Button size="compact-sm" variant="subtle" onClick={() => set([])}>
            Clear
          </Button>
        )}
      </div>
      {steps.length < 2 && (
        <Empty title={names.length === 0 ? "No events in this period" : "Choose at least two events"}>
          {names.length === 0
            ? "Apps report events with the SDK; then their order can be asked for."
            : "The funnel shows how many went from each to the next."}
        </Empty>
      )}
      {steps.length >= 2 && (
        <Answered asked={funnel}>
          {(data) => (
            <>
              <Panel title="Funnel">
                {data.steps.map((step) => (
                  <div className={css.step} key={step.name}>
                    <strong>{step.name}</strong>
                    <div className={css.bar} aria-hidden="true">
                      <div className={css.filled} style={{ width: `${step.share * 100}%` }} />
                    </div>
                    <span>
                      {count(step.reached)} <span className="soft">{percent(step.share)} of all</span>
                    </span>
                  </div>
                ))}
              </Panel>
              <Panel flush title="The same as a table" tools={<Exports name="Funnel" fields={COLUMNS} all={() => data.steps} />}>
                <DataTable label="Funnel" columns={COLUMNS} rows={data.steps} identity={(one) => one.name} />
              </Panel>
            </>
          )}
        </Answered>
      )}
    </>
  );
}
