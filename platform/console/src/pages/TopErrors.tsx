import { Link, useLocation } from "wouter";
import { useAsked, type ErrorGroup } from "../api/analytics";
import { count, moment } from "../api/format";
import { Sparkline } from "../charts/Sparkline";
import { DataTable, Exports, type Column } from "../shell/DataTable";
import { ErrorNotice, Panel } from "../shell/parts";

const COLUMNS: Column<ErrorGroup>[] = [
  {
    head: "Error",
    text: (one) => `${one.type ?? one.code ?? ""}: ${one.message}`,
    cell: (one) => (
      <>
        <strong>{one.type ?? one.code}</strong> <span className="mono">{one.message}</span>
        <div className="soft small">
          {[one.place, one.endpoint && `${one.endpoint}${one.endpoints > 1 ? ` and ${one.endpoints - 1} more` : ""}`, one.api]
            .filter(Boolean)
            .join(" · ")}
        </div>
      </>
    ),
    style: "wide",
  },
  { head: "Over time", text: (one) => one.series.join(" "), cell: (one) => <Sparkline values={one.series} /> },
  { head: "Calls", text: (one) => one.calls, cell: (one) => count(one.calls), number: true },
  { head: "Users", text: (one) => one.users, cell: (one) => count(one.users), number: true },
  {
    head: "Last",
    text: (one) => one.last,
    cell: (one) => (
      <Link href={`/requests?open=${encodeURIComponent(one.ecid)}`} className="together">
        {moment(one.last)}
      </Link>
    ),
  },
];

/** The same error counts once: by its type, its message without numbers and names, and its place in the code. */
export function TopErrors({ range, backend }: { range: string; backend: string }) {
  const [, go] = useLocation();
  const found = useAsked<{ items: ErrorGroup[]; total: number }>("/analytics/errors", { from: `-${range}`, backend, limit: 10 }, 30);
  const rows = found.data?.items ?? [];
  if (found.missing || (found.data && rows.length === 0)) return null;
  return (
    <Panel title="Top errors" flush tools={<Exports name="Top errors" fields={COLUMNS} all={() => rows} />}>
      <ErrorNotice error={found.error} />
      {rows.length > 0 && (
        <DataTable
          label="Top errors"
          columns={COLUMNS}
          rows={rows}
          identity={(one) => one.id}
          open={(one) => go(`/requests?open=${encodeURIComponent(one.ecid)}`)}
        />
      )}
    </Panel>
  );
}
