import { Loader } from "@mantine/core";
import { useState } from "react";
import { Link } from "wouter";
import { useAsked, type HealthAnswer, type Light, type Lit } from "../api/analytics";
import { count, milliseconds } from "../api/format";
import css from "../charts/charts.module.css";
import { Lines } from "../charts/Lines";
import { StackedBars } from "../charts/StackedBars";
import { Exports } from "../shell/DataTable";
import type { Field } from "../shell/saving";
import { Empty, ErrorNotice, Method, PageHead, Panel, Tag } from "../shell/parts";
import { useFilters } from "../shell/useFilters";
import { Choice } from "./filters";
import style from "./HealthPage.module.css";

const PERIODS = [
  { value: "900", label: "15 minutes" },
  { value: "86400", label: "24 hours" },
  { value: "604800", label: "7 days" },
];
const WORDS: Record<Light, { tone: "ok" | "warn" | "bad"; word: string; mark: string }> = {
  green: { tone: "ok", word: "green", mark: "●" },
  amber: { tone: "warn", word: "amber", mark: "▲" },
  red: { tone: "bad", word: "red", mark: "■" },
};
const MEASURES: Record<string, string> = {
  pending: "in flight",
  averageMs: "average",
  longRequests: "long calls",
  failing: "failing",
  failingPercent: "failing %",
};

/** A traffic light for the installation, its backends, their APIs and their endpoints. */
export default function HealthPage() {
  const [filter, setFilter] = useFilters();
  const health = useAsked<HealthAnswer>("/health", { period: filter("period") }, 15);
  const data = health.data;
  return (
    <>
      <PageHead title="Health" under="By the policies Diagnostics_…; the worst measure decides the colour">
        <Choice
          label="Period"
          any="1 hour"
          value={filter("period")}
          change={(period) => setFilter({ period })}
          choices={PERIODS}
        />
        <Link href="/policies?name=Diagnostics">Thresholds</Link>
      </PageHead>
      <ErrorNotice error={health.error} />
      {health.loading && !data && !health.missing && <Loader aria-label="Loading" />}
      {health.missing && <Empty title="This platform tells no health yet">It comes with the next version.</Empty>}
      {data && (
        <>
          <Panel title={<Lamp lit={data} />}>
            <div className={style.tiles}>
              <Tile name="In flight now" value={data.tiles.pending} />
              <Tile name="Calls" value={data.tiles.calls} to="/requests" />
              <Tile name="HTTP 4xx" value={data.tiles.clientErrors} to="/requests?status=4xx" />
              <Tile name="HTTP 5xx" value={data.tiles.serverErrors} to="/requests?status=5xx" />
              <Tile name="Average" value={data.tiles.averageMs} time />
              <Tile name="Long calls" value={data.tiles.longRequests} to="/requests?order=slowest" />
            </div>
          </Panel>
          <Timeline data={data} />
          <Panel
            title="Backends"
            flush
            tools={<Exports name="Health" fields={fieldsOf(data)} all={() => flattened(data)} />}
          >
            {data.backends.length === 0 && <Empty title="No calls in this period">What is called shows up here.</Empty>}
            {data.backends.map((backend) => (
              <Part key={`${backend.backend} ${backend.version}`} lit={backend} name={`${backend.backend} ${backend.version}`} level={0}>
                {backend.apis.map((api) => (
                  <Part key={`${api.api} ${api.version}`} lit={api} name={`${api.api} ${api.version}`} level={1}>
                    {api.endpoints.map((endpoint) => (
                      <Row
                        key={`${endpoint.method} ${endpoint.resource}`}
                        lit={endpoint}
                        level={2}
                        name={
                          <Link
                            href={`/requests?${new URLSearchParams({ api: api.api, endpoint: `${endpoint.method} ${endpoint.resource}` }).toString()}`}
                          >
                            <Method name={endpoint.method} /> {endpoint.resource}
                          </Link>
                        }
                      />
                    ))}
                  </Part>
                ))}
              </Part>
            ))}
          </Panel>
        </>
      )}
    </>
  );
}

interface Flat {
  place: (string | null)[];
  lit: Lit;
}

/** Backends, their APIs and endpoints, one row each. */
function flattened(data: HealthAnswer): Flat[] {
  return data.backends.flatMap((backend) => {
    const place = [backend.backend, backend.version];
    return [
      { place: [...place, null, null], lit: backend },
      ...backend.apis.flatMap((api) => [
        { place: [...place, `${api.api} ${api.version}`, null], lit: api },
        ...api.endpoints.map((one) => ({ place: [...place, `${api.api} ${api.version}`, `${one.method} ${one.resource}`], lit: one })),
      ]),
    ];
  });
}

function fieldsOf(data: HealthAnswer): Field<Flat>[] {
  return [
    ...["Backend", "Version", "API", "Endpoint"].map((head, at) => ({ head, text: ({ place }: Flat) => place[at] })),
    { head: "Light", text: ({ lit }) => lit.light },
    ...data.measures.map(({ name }) => ({
      head: name,
      text: ({ lit }: Flat) => lit.measures.find((one) => one.name === name)?.value,
    })),
  ];
}

function Lamp({ lit }: { lit: Lit }) {
  const { tone, word, mark } = WORDS[lit.light];
  return (
    <span className="row" data-testid="light" data-light={lit.light}>
      <Tag tone={tone}>
        {mark} {word}
      </Tag>
      {lit.caption && <span>{lit.caption}</span>}
    </span>
  );
}

function Tile(props: { name: string; value: number | null | undefined; to?: string; time?: boolean }) {
  const shown = props.time ? milliseconds(props.value) : count(props.value ?? 0);
  return (
    <div className={style.tile}>
      <div className="soft small">{props.name}</div>
      <div className={style.value}>{props.to ? <Link href={props.to}>{shown}</Link> : shown}</div>
    </div>
  );
}

function Timeline({ data }: { data: HealthAnswer }) {
  const times = data.timeline.map((one) => one.time);
  const seconds = times[1] ? (Date.parse(times[1]) - Date.parse(times[0] ?? "")) / 1000 : 60;
  return (
    <div className="columns">
      <Panel title="Calls">
        <StackedBars
          label="Calls over time"
          times={times}
          bucketSeconds={seconds}
          series={[{ name: "calls", style: css.ok ?? "", values: data.timeline.map((one) => one.calls) }]}
        />
      </Panel>
      <Panel title="Average answer time">
        <Lines
          label="Average answer time over time"
          times={times}
          bucketSeconds={seconds}
          show={milliseconds}
          series={[{ name: "average", style: css.p50 ?? "", values: data.timeline.map((one) => one.averageMs) }]}
        />
      </Panel>
    </div>
  );
}

function Part(props: { lit: Lit; name: string; level: number; children: React.ReactNode }) {
  const [open, setOpen] = useState(props.lit.light !== "green" || props.level === 0);
  return (
    <>
      <Row
        lit={props.lit}
        level={props.level}
        name={
          <button type="button" className={style.toggle} aria-expanded={open} onClick={() => setOpen(!open)}>
            {open ? "▾" : "▸"} {props.name}
          </button>
        }
      />
      {open && props.children}
    </>
  );
}

function Row({ lit, name, level }: { lit: Lit; name: React.ReactNode; level: number }) {
  return (
    <div className={style.row} data-level={level}>
      <Lamp lit={{ ...lit, caption: "" }} />
      <span className="grow">{name}</span>
      <span className={style.measures}>
        {lit.measures.map((one) => (
          <span key={one.name} className={one.light === "green" ? "soft" : ""} title={`amber above ${one.warning}, red above ${one.error}`}>
            {MEASURES[one.name] ?? one.name}{" "}
            <strong>{one.name === "averageMs" ? milliseconds(one.value) : count(Math.round((one.value ?? 0) * 100) / 100)}</strong>
          </span>
        ))}
      </span>
    </div>
  );
}
