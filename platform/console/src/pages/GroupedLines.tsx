import { Loader } from "@mantine/core";
import { useLocation } from "wouter";
import { count, moment, place } from "../api/format";
import { useLoaded } from "../api/useLoaded";
import { DataTable, Exports, type Column } from "../shell/DataTable";
import { Empty, ErrorNotice, LevelTag, Panel } from "../shell/parts";

interface Group {
  level: string;
  message?: string;
  example?: string;
  count?: number;
  first: string;
  last: string;
  ecid: string | null;
  api: string | null;
  file: string | null;
  line: number | null;
}

const COLUMNS: Column<Group>[] = [
  { head: "Level", text: (one) => one.level, cell: (one) => <LevelTag level={one.level} /> },
  { head: "Message", text: (one) => one.message, cell: (one) => <span className="mono">{one.message}</span>, style: "wide" },
  { head: "Place", text: (one) => place(one), style: "mono" },
  { head: "Times", text: (one) => one.count, cell: (one) => count(one.count ?? 1), number: true },
  { head: "First", text: (one) => one.first, cell: (one) => <span className="soft together">{moment(one.first)}</span> },
  { head: "Last", text: (one) => one.last, cell: (one) => <span className="soft together">{moment(one.last)}</span> },
];

/** Messages that differ in numbers and names only, counted as one. */
export function GroupedLines({ query }: { query: Record<string, string> }) {
  const [, go] = useLocation();
  const groups = useLoaded<{ items: Group[] }>("/messages", { ...query, grouped: true });
  const rows = (groups.data?.items ?? []).filter((one) => one.count !== undefined);
  return (
    <Panel flush title={`${rows.length} messages`} tools={<Exports name="Grouped messages" fields={COLUMNS} all={() => rows} />}>
      <ErrorNotice error={groups.error} />
      {rows.length > 0 && (
        <DataTable
          label="Grouped messages"
          columns={COLUMNS}
          rows={rows}
          identity={(one) => `${one.level} ${one.message ?? ""} ${place(one)}`}
          open={(one) => one.ecid && go(`/requests?open=${encodeURIComponent(one.ecid)}`)}
        />
      )}
      {rows.length === 0 && (
        <Empty title={groups.loading ? "" : "No messages"}>{groups.loading && <Loader aria-label="Loading" />}</Empty>
      )}
    </Panel>
  );
}
