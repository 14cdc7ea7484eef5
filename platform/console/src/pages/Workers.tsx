import { bytes, moment, fullTime, count } from "../api/format";
import { send } from "../api/client";
import type { Page, Serving, Worker } from "../api/types";
import { useLoaded } from "../api/useLoaded";
import { Confirm } from "../shell/Confirm";
import { Exports, type Column } from "../shell/DataTable";
import { Empty, ErrorNotice, Panel, Tag } from "../shell/parts";
import { useSession } from "../shell/session";

const SECONDS = 5;
const MOST = 200;

type Row = { serving: Serving; worker: Worker | null };

const COLUMNS: Column<Row>[] = [
  {
    head: "Worker",
    text: ({ worker, serving }) => worker?.pid ?? serving.gateway.pid,
    cell: ({ worker, serving }) => (
      <>
        {worker ? worker.pid : <span className="soft">none</span>}
        <div className="soft small together" title={serving.gateway.here ? "" : `as of ${fullTime(serving.gateway.at)}`}>
          gateway {serving.gateway.pid} on {serving.gateway.node}
        </div>
      </>
    ),
  },
  { head: "State", text: stateOf, cell: (row) => <State row={row} /> },
  {
    head: "Memory",
    text: ({ worker }) => worker?.pssBytes ?? worker?.rssBytes,
    cell: ({ worker }) => worker && <Memory worker={worker} />,
    number: true,
  },
  {
    head: "CPU time",
    text: ({ worker }) => worker?.cpuSeconds,
    cell: ({ worker }) => (worker?.cpuSeconds == null ? "–" : `${worker.cpuSeconds.toFixed(2)} s`),
    number: true,
  },
  { head: "In flight", text: ({ worker }) => worker?.inFlight, number: true },
  {
    head: "Done",
    text: ({ worker }) => worker?.done,
    cell: ({ worker }) => (worker ? count(worker.done) : "–"),
    number: true,
  },
  {
    head: "Since",
    text: ({ worker }) => worker?.startedAt,
    cell: ({ worker }) => (worker ? <span className="soft together">{moment(worker.startedAt)}</span> : "–"),
  },
  { head: "Walls", text: ({ worker }) => worker && proved(worker), cell: ({ worker }) => worker && <Walls worker={worker} /> },
];

/** The processes that run an API's implementation, in every gateway process, and new ones in their place. */
export function Workers({ apiId, name }: { apiId: string; name: string }) {
  const { may } = useSession();
  const loaded = useLoaded<Page<Serving>>("/workers", { api: apiId, limit: MOST }, SECONDS);
  const rows = (loaded.data?.items ?? []).flatMap((serving): Row[] =>
    serving.workers.length > 0 ? serving.workers.map((worker) => ({ serving, worker })) : [{ serving, worker: null }],
  );
  return (
    <Panel
      title="Workers"
      flush
      tools={
        <>
          {may("developer") && (
            <Confirm
              label="Restart"
              title={`Restart ${name}`}
              act={() => send("POST", `/apis/${apiId}/implementations/restart`)}
              done={loaded.reload}
            >
              New workers start in every gateway process. They are ready before the old ones get no more calls, and the old ones
              finish what they have: no call fails. What the code kept in memory is gone.
            </Confirm>
          )}
          <Exports name="Workers" fields={COLUMNS} all={() => rows} />
        </>
      }
    >
      <ErrorNotice error={loaded.error} />
      {loaded.data && rows.length === 0 && (
        <Empty title="No workers in service">They start with the next call, or a moment after an upload.</Empty>
      )}
      {rows.length > 0 && (
        <table className="list" aria-label="Workers">
          <thead>
            <tr>
              {COLUMNS.map((column) => (
                <th key={column.head} scope="col" className={column.number ? "number together" : ""}>
                  {column.head}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={`${row.serving.gateway.node} ${row.serving.gateway.pid} ${row.worker?.pid ?? ""}`}>
                {COLUMNS.map((column) => (
                  <td key={column.head} className={column.number ? "number together" : ""}>
                    {column.cell ? column.cell(row) : (column.text(row) ?? "–")}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}

function stateOf({ serving, worker }: Row): string {
  if (worker) return worker.leaving ? "leaving" : "ready";
  return serving.failure ? "failed" : serving.asleep ? "asleep" : "starting";
}

function State({ row }: { row: Row }) {
  const state = stateOf(row);
  const tone = state === "ready" ? "ok" : state === "failed" ? "bad" : "calm";
  return (
    <>
      <Tag tone={tone}>{state}</Tag>
      {row.serving.failure && <div className="small">{row.serving.failure}</div>}
    </>
  );
}

function Memory({ worker }: { worker: Worker }) {
  if (worker.rssBytes === null) return "–";
  return (
    <>
      {bytes(worker.pssBytes ?? worker.rssBytes)}
      {worker.pssBytes !== null && <div className="soft small">{bytes(worker.rssBytes)} with what it shares</div>}
    </>
  );
}

function proved(worker: Worker) {
  return [worker.isolation ?? "unknown", ...worker.additions].join("+");
}

function Walls({ worker }: { worker: Worker }) {
  const open = worker.probes.filter((one) => !one.shut);
  return (
    <details>
      <summary>
        <Tag tone={open.length > 0 ? "warn" : "ok"}>{worker.isolation ?? "unknown"}</Tag>
        {worker.additions.length > 0 && <div className="soft small">{worker.additions.join(", ")}</div>}
      </summary>
      <ul className="small">
        {Object.entries(worker.missing).map(([name, reason]) => (
          <li key={name}>
            – not here: {name} ({reason})
          </li>
        ))}
        <li>{worker.cpuLease ? "✓ leased" : "– not leased"}: processor time</li>
        {worker.probes.map((one) => (
          <li key={one.name}>
            {one.shut ? "✓ shut" : "! open"}: {one.name}
          </li>
        ))}
      </ul>
    </details>
  );
}
