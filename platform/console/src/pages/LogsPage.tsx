import { Button, Loader, Switch } from "@mantine/core";
import { useState } from "react";
import type { LogLine } from "../api/types";
import { useFollowed } from "../api/useFollowed";
import { useKeys } from "../shell/keys";
import { Empty, ErrorNotice, PageHead } from "../shell/parts";
import { useFilters } from "../shell/useFilters";
import { Choice, PERIODS, Words } from "./filters";
import { GroupedLines } from "./GroupedLines";
import { LogLines } from "./LogLines";
import { NamePicker } from "./NamePicker";

const FILTERS = ["from", "to", "level", "text", "backend", "api", "ecid", "user", "implementation", "logger"];

const identity = (line: LogLine) => `${line.time} ${line.ecid ?? ""} ${line.line ?? ""} ${line.message}`;

export default function LogsPage() {
  const [filter, setFilter] = useFilters();
  const [live, setLive] = useState(false);
  const query = Object.fromEntries(FILTERS.map((name) => [name, filter(name)]));
  const grouped = filter("grouped") === "true";
  const lines = useFollowed<LogLine>("/messages", query, live && !grouped, identity, { path: "/live/messages", event: "message" });
  useKeys({ l: () => setLive(!live), r: lines.reload });
  const change = (name: string) => (value: string) => setFilter({ [name]: value });
  return (
    <>
      <PageHead title="Logs" under={grouped ? "The same message counts once" : `${lines.counted} lines`}>
        <span className="unseen" role="status">
          {live && lines.arrived > 0 ? `${lines.arrived} new lines` : ""}
        </span>
        <Switch
          withThumbIndicator={false}
          label="Live"
          checked={live}
          onChange={(event) => setLive(event.currentTarget.checked)}
        />
        <Button variant="default" onClick={lines.reload}>
          Refresh
        </Button>
      </PageHead>
      <div className="row" role="search">
        <Words label="Text contains" value={filter("text")} change={change("text")} search width={260} />
        <Choice
          label="Level"
          any="Any level"
          value={filter("level")}
          change={change("level")}
          choices={[
            { value: "fine", label: "fine and worse" },
            { value: "info", label: "info and worse" },
            { value: "warning", label: "warning and worse" },
            { value: "severe", label: "severe" },
          ]}
        />
        <NamePicker of="backend" value={filter("backend")} change={change("backend")} />
        <NamePicker of="api" value={filter("api")} change={change("api")} />
        <Choice
          label="View"
          any="Line by line"
          value={filter("grouped")}
          change={change("grouped")}
          choices={[{ value: "true", label: "Grouped" }]}
        />
        <Choice label="Period" any="All time" value={filter("from")} change={change("from")} choices={PERIODS} />
      </div>
      <ErrorNotice error={lines.error} />
      {grouped && <GroupedLines query={query} />}
      {!grouped && lines.items.length > 0 && (
        <div role="log" aria-label="Log lines" aria-live="off" tabIndex={-1}>
          <LogLines lines={lines.items} linked />
        </div>
      )}
      {!grouped &&
        lines.items.length === 0 &&
        (lines.loading ? (
          <Loader aria-label="Loading" />
        ) : (
          <Empty title="No log lines">What your custom code logs during a call is listed here.</Empty>
        ))}
      {!grouped && lines.hasMore && (
        <div>
          <Button variant="default" onClick={lines.more}>
            Load more
          </Button>
        </div>
      )}
    </>
  );
}
