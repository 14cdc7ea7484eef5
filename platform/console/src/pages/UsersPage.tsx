import { Button, Modal, PasswordInput, TextInput } from "@mantine/core";
import { useState, type FormEvent } from "react";
import { send } from "../api/client";
import { fullTime } from "../api/format";
import type { MobileUser, Page, TeamMember } from "../api/types";
import { useLoaded } from "../api/useLoaded";
import { Empty, ErrorNotice, PageHead, Panel } from "../shell/parts";
import { useFilters } from "../shell/useFilters";
import { Words } from "./filters";
import { words } from "./words";

export function UsersPage() {
  const [filter, setFilter] = useFilters();
  const realm = filter("realm") || "Default";
  const users = useLoaded<Page<MobileUser>>("/users", { realm, limit: 1000 });
  const team = useLoaded<Page<TeamMember>>("/team", { limit: 1000 });
  const [adding, setAdding] = useState<"user" | "member" | null>(null);
  const done = () => {
    setAdding(null);
    users.reload();
    team.reload();
  };
  return (
    <>
      <PageHead title="Users" under="Who signs in to your apps, and who may use this console" />
      <Panel
        title={`Mobile users of the realm ${realm}`}
        flush
        tools={
          <>
            <Words label="Realm" value={filter("realm")} change={(value) => setFilter({ realm: value })} search width={160} />
            <Button onClick={() => setAdding("user")}>Add user</Button>
          </>
        }
      >
        <ErrorNotice error={users.error} />
        <UserTable users={users.data?.items ?? []} />
        {users.data?.items.length === 0 && <Empty title="No users in this realm">Add one, or let the app call anonymously.</Empty>}
      </Panel>
      <Panel
        title="Team"
        flush
        tools={
          <Button variant="default" onClick={() => setAdding("member")}>
            Add team member
          </Button>
        }
      >
        <ErrorNotice error={team.error} />
        <table className="list">
          <tbody>
            {(team.data?.items ?? []).map((member) => (
              <tr key={member.id}>
                <td>{member.name}</td>
                <td className="soft number">since {fullTime(member.createdAt)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Panel>
      <Modal
        opened={adding !== null}
        onClose={() => setAdding(null)}
        title={adding === "member" ? "Add team member" : "Add mobile user"}
        lockScroll={false}
      >
        {adding === "member" ? <MemberForm done={done} /> : <UserForm realm={realm} done={done} />}
      </Modal>
    </>
  );
}

function UserTable({ users }: { users: MobileUser[] }) {
  return (
    <table className="list">
      <thead>
        <tr>
          <th>User name</th>
          <th>Name</th>
          <th>Email</th>
          <th>Roles</th>
        </tr>
      </thead>
      <tbody>
        {users.map((user) => (
          <tr key={user.username}>
            <td>{user.username}</td>
            <td>{[user.firstName, user.lastName].filter(Boolean).join(" ") || "–"}</td>
            <td>{user.email || "–"}</td>
            <td>{(user.roles ?? []).join(", ") || "–"}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function value(form: FormData, name: string): string {
  const entry = form.get(name);
  return typeof entry === "string" ? entry.trim() : "";
}

function UserForm({ realm, done }: { realm: string; done: () => void }) {
  const [error, setError] = useState<Error>();
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const named = Object.fromEntries(["username", "firstName", "lastName", "email"].map((name) => [name, value(form, name)]));
    send("POST", "/users", { ...named, password: form.get("password"), realm, roles: words(value(form, "roles")) }).then(
      done,
      setError,
    );
  };
  return (
    <form className="stack" onSubmit={submit}>
      <TextInput name="username" label="User name" required autoComplete="off" />
      <PasswordInput name="password" label="Password" required autoComplete="new-password" />
      <TextInput name="firstName" label="First name" />
      <TextInput name="lastName" label="Last name" />
      <TextInput name="email" label="Email" type="email" />
      <TextInput name="roles" label="Roles" description="Separated by commas." />
      <ErrorNotice error={error} />
      <Button type="submit">Add user</Button>
    </form>
  );
}

function MemberForm({ done }: { done: () => void }) {
  const [error, setError] = useState<Error>();
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    send("POST", "/team", { name: value(form, "name"), password: form.get("password") }).then(done, setError);
  };
  return (
    <form className="stack" onSubmit={submit}>
      <TextInput name="name" label="Name" required autoComplete="off" />
      <PasswordInput name="password" label="Password" required autoComplete="new-password" />
      <ErrorNotice error={error} />
      <Button type="submit">Add team member</Button>
    </form>
  );
}
