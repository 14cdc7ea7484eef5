import { Button, Modal } from "@mantine/core";
import { useState } from "react";
import { Link } from "wouter";
import { send } from "../api/client";
import { fullTime } from "../api/format";
import type { MobileUser, Realms } from "../api/types";
import { useLoaded } from "../api/useLoaded";
import { usePaged } from "../api/usePaged";
import { Confirm } from "../shell/Confirm";
import { DataTable, Exports, ListPanel, type Column } from "../shell/DataTable";
import { Empty, ErrorNotice, PageHead, Panel, Tag } from "../shell/parts";
import { useFilters } from "../shell/useFilters";
import { Choice, Words } from "./filters";
import { PageTabs } from "./tabs";
import { ImportUsers, UserForm } from "./UserForm";

const COLUMNS: Column<MobileUser>[] = [
  { head: "User name", text: (user) => user.username },
  { head: "Name", text: (user) => [user.firstName, user.lastName].filter(Boolean).join(" ") || "–" },
  { head: "Email", text: (user) => user.email || "–" },
  {
    head: "Roles",
    text: (user) => (user.roles ?? []).join(", ") || "–",
    cell: (user) => (
      <div className="row">{(user.roles ?? []).length > 0 ? user.roles?.map((role) => <Tag key={role}>{role}</Tag>) : "–"}</div>
    ),
  },
  {
    head: "Since",
    text: (user) => user.createdAt,
    cell: (user) => <span className="soft together">{fullTime(user.createdAt ?? "")}</span>,
  },
];

export default function UsersPage() {
  const realms = useLoaded<Realms>("/realms");
  return (
    <>
      <PageHead title="Users and roles" under="Who signs in to your apps, and what they may do there" />
      <ErrorNotice error={realms.error} />
      <PageTabs
        label="Users and roles"
        tabs={[
          { id: "users", name: "Users", content: () => <Users realms={realms.data} reload={realms.reload} /> },
          { id: "roles", name: "Roles", content: () => <Roles realms={realms.data} /> },
        ]}
      />
    </>
  );
}

type Doing = { what: "add" } | { what: "import" } | { what: "change"; user: MobileUser };

function Users({ realms, reload }: { realms: Realms | undefined; reload: () => void }) {
  const [filter, setFilter] = useFilters();
  const [doing, setDoing] = useState<Doing | null>(null);
  const realm = filter("realm") || "Default";
  const list = usePaged<MobileUser>("/users", { realm, text: filter("text"), role: filter("role") });
  const change = (name: string) => (value: string) => setFilter({ [name]: value, page: null });
  const done = () => {
    setDoing(null);
    list.reload();
    reload();
  };
  const title = doing?.what === "change" ? doing.user.username : doing?.what === "import" ? "Import users" : "Add mobile user";
  return (
    <>
      <ListPanel
        label="Mobile users"
        list={list}
        columns={COLUMNS}
        identity={(user) => user.id}
        open={(user) => setDoing({ what: "change", user })}
        title={
          <div className="row">
            <Words label="Search" value={filter("text")} change={change("text")} search width={180} />
            <Choice
              label="Realm"
              any="Default"
              value={filter("realm")}
              change={change("realm")}
              choices={(realms?.realms ?? []).map((one) => one.name).filter((name) => name !== "Default")}
            />
            <Choice
              label="Role"
              any="Any role"
              value={filter("role")}
              change={change("role")}
              choices={(realms?.roles ?? []).map((one) => one.name)}
            />
          </div>
        }
        tools={
          <>
            <Button size="compact-sm" variant="default" onClick={() => setDoing({ what: "import" })}>
              Import CSV
            </Button>
            <Button size="compact-sm" onClick={() => setDoing({ what: "add" })}>
              Add user
            </Button>
          </>
        }
        actions={(user) => (
          <Confirm
            label="Delete"
            name={`Delete ${user.username}`}
            title={`Delete ${user.username}`}
            small
            danger
            act={() => send("DELETE", `/users/${user.id}`)}
            done={done}
          >
            The credentials are refused from the next call on. The user can be restored under Deleted.
          </Confirm>
        )}
        empty={
          <Empty title="No such users in this realm">Add one, import a file, or let the app call anonymously.</Empty>
        }
      />
      <Modal opened={doing !== null} onClose={() => setDoing(null)} title={title} lockScroll={false}>
        {doing?.what === "add" && <UserForm realm={realm} done={done} />}
        {doing?.what === "change" && <UserForm key={doing.user.id} realm={realm} user={doing.user} done={done} />}
        {doing?.what === "import" && <ImportUsers realm={realm} done={done} />}
      </Modal>
    </>
  );
}

function Roles({ realms }: { realms: Realms | undefined }) {
  const rows = realms?.roles ?? [];
  const columns: Column<Realms["roles"][number]>[] = [
    { head: "Role", text: (role) => role.name },
    {
      head: "Users",
      text: (role) => role.users,
      cell: (role) => <Link href={`/users?role=${encodeURIComponent(role.name)}`}>{role.users}</Link>,
      number: true,
    },
    { head: "Asked for by", text: (role) => role.apis.join(", ") || "no API" },
  ];
  return (
    <Panel title="Roles in use" flush tools={<Exports name="Roles" fields={columns} all={() => rows} />}>
      {rows.length > 0 ? (
        <DataTable label="Roles" columns={columns} rows={rows} identity={(role) => role.name} />
      ) : (
        <Empty title="No roles yet">A role comes into being when a user has it, or when an API asks for it under Security.</Empty>
      )}
    </Panel>
  );
}
