import { Button, Loader } from "@mantine/core";
import { useState, type KeyboardEvent, type ReactNode } from "react";
import type { Paged } from "../api/usePaged";
import { count } from "../api/format";
import { Empty, ErrorNotice, Panel } from "./parts";
import { csv, save, type Field } from "./saving";

export interface Column<T> extends Field<T> {
  /** What is drawn, when it is more than the text. */
  cell?: (row: T) => ReactNode;
  number?: boolean;
  /** A class for both head and cells. */
  style?: string;
}

interface TableProps<T> {
  label: string;
  columns: Column<T>[];
  rows: T[];
  identity: (row: T) => string;
  open?: ((row: T) => void) | undefined;
  chosen?: string | undefined;
  actions?: ((row: T) => ReactNode) | undefined;
}

/** Rows that can be read, walked through with the keyboard, and opened. */
export function DataTable<T>(props: TableProps<T>) {
  const { columns, rows, open } = props;
  return (
    <table className="list" aria-label={props.label}>
      <thead>
        <tr>
          {columns.map((column) => (
            <th key={column.head} scope="col" className={styles(column)}>
              {column.head}
            </th>
          ))}
          {props.actions && (
            <th scope="col">
              <span className="unseen">Actions</span>
            </th>
          )}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => {
          const id = props.identity(row);
          const press = (event: KeyboardEvent) => {
            if (event.key === "Enter" && event.target === event.currentTarget) open?.(row);
          };
          return (
            <tr
              key={id}
              data-id={id}
              className={`${open ? "active" : ""} ${props.chosen === id ? "chosen" : ""}`}
              tabIndex={open ? 0 : undefined}
              onClick={open ? () => open(row) : undefined}
              onKeyDown={open ? press : undefined}
            >
              {columns.map((column) => (
                <td key={column.head} className={styles(column)}>
                  {column.cell ? column.cell(row) : (column.text(row) ?? "–")}
                </td>
              ))}
              {props.actions && (
                <td className="number" onClick={(event) => event.stopPropagation()}>
                  <div className="row actions">{props.actions(row)}</div>
                </td>
              )}
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function styles<T>(column: Column<T>): string {
  return `${column.number ? "number together" : ""} ${column.style ?? ""}`;
}

/** A list of the server in a panel: its pages, what to say when it is empty, and the whole of it as a file. */
export function ListPanel<T>(
  props: Omit<TableProps<T>, "rows"> & { list: Paged<T>; empty: ReactNode; title?: ReactNode; tools?: ReactNode },
) {
  const { list, empty, title, tools, ...table } = props;
  return (
    <Panel
      flush
      title={title ?? <span className="soft">{count(list.total)} in all</span>}
      tools={
        <>
          {tools}
          <Exports name={props.label} fields={props.columns} all={list.all} />
        </>
      }
    >
      <ErrorNotice error={list.error} />
      {list.items.length > 0 && <DataTable {...table} rows={list.items} />}
      {list.items.length === 0 && list.loading && (
        <Empty title="">
          <Loader aria-label="Loading" />
        </Empty>
      )}
      {list.items.length === 0 && list.data && empty}
      <Pager of={props.label} list={list} />
    </Panel>
  );
}

/** To the page before and the one behind, where a list has several. */
export function Pager<T>({ of, list }: { of: string; list: Paged<T> }) {
  if (list.pages <= 1) return null;
  return (
    <nav className="row pager" aria-label={`Pages of ${of}`}>
      <Button size="compact-sm" variant="default" disabled={list.page <= 1} onClick={() => list.turn(list.page - 1)}>
        Previous
      </Button>
      <span className="soft">
        Page {list.page} of {list.pages}
      </span>
      <Button size="compact-sm" variant="default" disabled={list.page >= list.pages} onClick={() => list.turn(list.page + 1)}>
        Next
      </Button>
    </nav>
  );
}

/** The rows of a table as a file. */
export function Exports<T>(props: { name: string; fields: Field<T>[]; all: () => Promise<T[]> | T[] }) {
  const [error, setError] = useState<Error>();
  const file = props.name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
  const write = (kind: "csv" | "json") =>
    void Promise.resolve(props.all()).then((rows) => {
      if (kind === "csv") save(`${file}.csv`, "text/csv", csv(props.fields, rows));
      else save(`${file}.json`, "application/json", `${JSON.stringify(rows, null, 2)}\n`);
    }, setError);
  return (
    <span className="row exports">
      {error && <span role="alert">{error.message}</span>}
      <Button size="compact-xs" variant="subtle" color="gray" onClick={() => write("csv")} aria-label={`${props.name} as CSV`}>
        CSV
      </Button>
      <Button size="compact-xs" variant="subtle" color="gray" onClick={() => write("json")} aria-label={`${props.name} as JSON`}>
        JSON
      </Button>
    </span>
  );
}
