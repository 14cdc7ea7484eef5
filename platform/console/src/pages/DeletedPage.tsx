import { Button } from "@mantine/core";
import { useState } from "react";
import { send } from "../api/client";
import { fullTime, moment } from "../api/format";
import type { Deleted } from "../api/types";
import { usePaged } from "../api/usePaged";
import { Confirm } from "../shell/Confirm";
import { ListPanel, type Column } from "../shell/DataTable";
import { Empty, ErrorNotice, PageHead, Tag } from "../shell/parts";
import { useSession } from "../shell/session";
import { useFilters } from "../shell/useFilters";
import { Choice } from "./filters";

const COLUMNS: Column<Deleted>[] = [
  { head: "Kind", text: (one) => one.kind, cell: (one) => <Tag>{one.kind}</Tag> },
  { head: "Name", text: (one) => one.name, style: "wide" },
  { head: "By", text: (one) => one.deletedBy },
  {
    head: "Deleted",
    text: (one) => one.deletedAt,
    cell: (one) => (
      <span className="soft together" title={fullTime(one.deletedAt)}>
        {moment(one.deletedAt)}
      </span>
    ),
  },
];

export default function DeletedPage() {
  const [filter, setFilter] = useFilters();
  const { may } = useSession();
  const [error, setError] = useState<Error>();
  const list = usePaged<Deleted>("/trash", { kind: filter("kind") });
  const restore = (one: Deleted) => {
    setError(undefined);
    send("POST", `/trash/${one.id}/restore`).then(list.reload, setError);
  };
  return (
    <>
      <PageHead title="Deleted" under="What was deleted serves no more; restored, it has the ids and keys it had" />
      <ErrorNotice error={error} />
      <ListPanel
        label="Deleted"
        list={list}
        columns={COLUMNS}
        identity={(one) => one.id}
        title={
          <Choice
            label="Kind"
            any="Any kind"
            value={filter("kind")}
            change={(kind) => setFilter({ kind, page: null })}
            choices={["backend", "api", "implementation", "connector", "user"]}
          />
        }
        empty={<Empty title="Nothing is deleted">Backends, APIs, implementations, connectors and users come here when they are deleted.</Empty>}
        actions={(one) => (
          <>
            {may("developer") && (
              <Button size="compact-xs" variant="default" onClick={() => restore(one)} aria-label={`Restore ${one.name}`}>
                Restore
              </Button>
            )}
            {may("administrator") && (
              <Confirm
                label="Purge"
                name={`Purge ${one.name}`}
                title={`Purge ${one.kind} ${one.name}`}
                small
                danger
                act={() => send("DELETE", `/trash/${one.id}`)}
                done={list.reload}
              >
                It is forgotten for good. Nothing brings it back.
              </Confirm>
            )}
          </>
        )}
      />
    </>
  );
}
