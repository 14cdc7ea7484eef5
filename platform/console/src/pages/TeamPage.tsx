import { Button, Modal, NativeSelect, PasswordInput, TextInput } from "@mantine/core";
import { useState, type FormEvent } from "react";
import { send } from "../api/client";
import { fullTime } from "../api/format";
import type { TeamMember } from "../api/types";
import { usePaged } from "../api/usePaged";
import { ListPanel, type Column } from "../shell/DataTable";
import { CopyBlock, Empty, ErrorNotice, PageHead, Tag } from "../shell/parts";
import { useSession } from "../shell/session";

const ROLES = [
  { value: "administrator", label: "Administrator: everything, also team and purge" },
  { value: "developer", label: "Developer: builds backends, APIs and users" },
  { value: "analyst", label: "Analyst: looks, and sees no keys" },
];

const COLUMNS: Column<TeamMember>[] = [
  {
    head: "Name",
    text: (member) => member.name,
    cell: (member) => (
      <>
        {member.name} {member.disabled && <Tag tone="bad">disabled</Tag>}{" "}
        {!member.hasPassword && !member.disabled && <Tag tone="calm">by link only</Tag>}
      </>
    ),
  },
  { head: "Role", text: (member) => member.role },
  {
    head: "Since",
    text: (member) => member.createdAt,
    cell: (member) => <span className="soft">{fullTime(member.createdAt)}</span>,
  },
];

export default function TeamPage() {
  const { may, name } = useSession();
  const list = usePaged<TeamMember>("/team");
  const [adding, setAdding] = useState(false);
  const [link, setLink] = useState<string>();
  const [error, setError] = useState<Error>();
  const rules = may("administrator");
  const change = (member: TeamMember, part: Partial<TeamMember>) => {
    setError(undefined);
    send("PUT", `/team/${member.id}`, { role: member.role, disabled: member.disabled, ...part }).then(list.reload, setError);
  };
  const invite = (member: TeamMember) =>
    send<{ link: string }>("POST", `/team/${member.id}/link`).then((made) => setLink(made.link), setError);
  return (
    <>
      <PageHead title="Team" under="Who may use this console and the tools API, and for what">
        {rules && <Button onClick={() => setAdding(true)}>Add member</Button>}
      </PageHead>
      <ErrorNotice error={error} />
      <ListPanel
        label="Team"
        list={list}
        columns={COLUMNS}
        identity={(member) => member.id}
        empty={<Empty title="Nobody yet">Add a member; they get a link to sign in with.</Empty>}
        actions={
          rules
            ? (member) =>
                member.name !== name && (
                  <>
                    <NativeSelect
                      size="xs"
                      aria-label={`Role of ${member.name}`}
                      value={member.role}
                      data={ROLES.map((role) => role.value)}
                      onChange={(event) => change(member, { role: event.currentTarget.value as TeamMember["role"] })}
                    />
                    <Button size="compact-xs" variant="subtle" onClick={() => void invite(member)} disabled={member.disabled}>
                      Sign-in link
                    </Button>
                    <Button
                      size="compact-xs"
                      variant="subtle"
                      color={member.disabled ? "teal" : "red"}
                      onClick={() => change(member, { disabled: !member.disabled })}
                    >
                      {member.disabled ? "Enable" : "Disable"}
                    </Button>
                  </>
                )
            : undefined
        }
      />
      <Modal opened={adding} onClose={() => setAdding(false)} title="Add team member" lockScroll={false}>
        <MemberForm
          done={(made) => {
            setAdding(false);
            setLink(made);
            list.reload();
          }}
        />
      </Modal>
      <Modal opened={link !== undefined} onClose={() => setLink(undefined)} title="Sign-in link" lockScroll={false} size="lg">
        <div className="stack">
          <div>It signs in once, within three days. Hand it over in person or by a message that only they read.</div>
          <CopyBlock label="Sign-in link" text={`${window.location.origin}/console/sign-in#link=${link ?? ""}`} />
        </div>
      </Modal>
    </>
  );
}

function MemberForm({ done }: { done: (link: string | undefined) => void }) {
  const [error, setError] = useState<Error>();
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const password = form.get("password");
    const body = { name: form.get("name"), role: form.get("role"), ...(password ? { password } : {}) };
    send<{ link?: string }>("POST", "/team", body).then((made) => done(made.link), setError);
  };
  return (
    <form className="stack" onSubmit={submit}>
      <TextInput name="name" label="Name" required autoComplete="off" />
      <NativeSelect name="role" label="Role" data={ROLES} defaultValue="developer" />
      <PasswordInput
        name="password"
        label="Password"
        description="Left empty, you get a link to hand over, and they choose their own."
        autoComplete="new-password"
      />
      <ErrorNotice error={error} />
      <Button type="submit">Add member</Button>
    </form>
  );
}
