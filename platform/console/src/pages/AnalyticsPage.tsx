import { Button, Modal, TextInput } from "@mantine/core";
import { useState, type FormEvent } from "react";
import { useLocation, useSearch } from "wouter";
import { send } from "../api/client";
import { moment } from "../api/format";
import { usePaged } from "../api/usePaged";
import { ListPanel, type Column } from "../shell/DataTable";
import { Empty, ErrorNotice, PageHead } from "../shell/parts";
import { useSession } from "../shell/session";
import { useFilters } from "../shell/useFilters";
import { ApiCallsReport } from "../reports/ApiCallsReport";
import { EventsReport } from "../reports/EventsReport";
import { FunnelReport } from "../reports/FunnelReport";
import { SessionsReport, UsersReport } from "../reports/PeopleReports";
import { Choice } from "./filters";
import { PageTabs } from "./tabs";
import { NamePicker } from "./NamePicker";

const PERIODS = [
  { value: "-1h", label: "1 hour" },
  { value: "-24h", label: "1 day" },
  { value: "-30d", label: "1 month" },
  { value: "-90d", label: "3 months" },
  { value: "-365d", label: "1 year" },
];

interface Report {
  id: string;
  name: string;
  address: string;
  by: string;
  at: string;
}

/** What product people ask: calls, events, funnels, users, sessions; a question can be saved under a name. */
export default function AnalyticsPage() {
  const [filter, setFilter] = useFilters();
  const [saving, setSaving] = useState(false);
  const { may } = useSession();
  const base = { from: filter("from") || "-7d", backend: filter("backend") };
  return (
    <>
      <PageHead title="Analytics" under="How the apps are used">
        <Choice label="Period" any="1 week" value={filter("from")} change={(from) => setFilter({ from })} choices={PERIODS} />
        <NamePicker of="backend" value={filter("backend")} change={(backend) => setFilter({ backend })} />
        {may("developer") && (
          <Button variant="default" onClick={() => setSaving(true)}>
            Save report
          </Button>
        )}
      </PageHead>
      <PageTabs
        label="Reports"
        tabs={[
          { id: "calls", name: "API calls", content: () => <ApiCallsReport base={base} /> },
          { id: "events", name: "Events", content: () => <EventsReport base={base} /> },
          { id: "funnels", name: "Funnels", content: () => <FunnelReport base={base} /> },
          { id: "users", name: "Users", content: () => <UsersReport base={base} /> },
          { id: "sessions", name: "Sessions", content: () => <SessionsReport base={base} /> },
          { id: "saved", name: "Saved reports", content: () => <Saved /> },
        ]}
      />
      <Modal opened={saving} onClose={() => setSaving(false)} title="Save report" lockScroll={false}>
        <SaveForm done={() => setSaving(false)} />
      </Modal>
    </>
  );
}

function SaveForm({ done }: { done: () => void }) {
  const search = useSearch();
  const [error, setError] = useState<Error>();
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const name = new FormData(event.currentTarget).get("name");
    send("POST", "/reports", { name, address: `/analytics?${search}` }).then(done, setError);
  };
  return (
    <form className="stack" onSubmit={submit}>
      <TextInput name="name" label="Name" required maxLength={100} description="The team finds it under Saved reports." />
      <ErrorNotice error={error} />
      <Button type="submit">Save</Button>
    </form>
  );
}

const COLUMNS: Column<Report>[] = [
  { head: "Name", text: (one) => one.name, style: "wide" },
  { head: "By", text: (one) => one.by },
  { head: "Saved", text: (one) => one.at, cell: (one) => <span className="soft">{moment(one.at)}</span> },
];

function Saved() {
  const [, go] = useLocation();
  const { may } = useSession();
  const [error, setError] = useState<Error>();
  const list = usePaged<Report>("/reports");
  const forget = (one: Report) => send("DELETE", `/reports/${one.id}`).then(list.reload, setError);
  return (
    <>
      <ErrorNotice error={error} />
      <ListPanel
        label="Saved reports"
        list={list}
        columns={COLUMNS}
        identity={(one) => one.id}
        open={(one) => go(one.address)}
        empty={<Empty title="No saved reports">Set up a question on one of the other tabs and press Save report.</Empty>}
        actions={(one) =>
          may("developer") && (
            <Button size="compact-xs" variant="subtle" color="red" aria-label={`Remove ${one.name}`} onClick={() => void forget(one)}>
              Remove
            </Button>
          )
        }
      />
    </>
  );
}
