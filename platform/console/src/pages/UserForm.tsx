import { Button, PasswordInput, TextInput } from "@mantine/core";
import { useState, type FormEvent } from "react";
import { send } from "../api/client";
import type { MobileUser } from "../api/types";
import { ErrorNotice } from "../shell/parts";
import { FilePicker } from "./FilePicker";
import { words } from "./words";

function value(form: FormData, name: string): string {
  const entry = form.get(name);
  return typeof entry === "string" ? entry.trim() : "";
}

/** A new mobile user, or changes of one; an empty password stays what it is. */
export function UserForm({ realm, user, done }: { realm: string; user?: MobileUser; done: () => void }) {
  const [error, setError] = useState<Error>();
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const named = Object.fromEntries(["firstName", "lastName", "email"].map((name) => [name, value(form, name)]));
    const password = form.get("password");
    const body = { ...named, roles: words(value(form, "roles")), ...(password ? { password } : {}) };
    const sent = user
      ? send("PUT", `/users/${user.id}`, body)
      : send("POST", "/users", { ...body, realm, username: value(form, "username") });
    sent.then(done, setError);
  };
  return (
    <form className="stack" onSubmit={submit}>
      {!user && <TextInput name="username" label="User name" required autoComplete="off" />}
      <PasswordInput
        name="password"
        label={user ? "New password" : "Password"}
        description={user ? "Left empty, the present one stays." : "At least 8 characters."}
        required={!user}
        autoComplete="new-password"
      />
      <TextInput name="firstName" label="First name" defaultValue={user?.firstName ?? ""} />
      <TextInput name="lastName" label="Last name" defaultValue={user?.lastName ?? ""} />
      <TextInput name="email" label="Email" type="email" defaultValue={user?.email ?? ""} />
      <TextInput name="roles" label="Roles" description="Separated by commas." defaultValue={(user?.roles ?? []).join(", ")} />
      <ErrorNotice error={error} />
      <Button type="submit">{user ? "Save" : "Add user"}</Button>
    </form>
  );
}

/** Many users from a CSV file. */
export function ImportUsers({ realm, done }: { realm: string; done: () => void }) {
  const [error, setError] = useState<Error>();
  const [busy, setBusy] = useState(false);
  const [told, setTold] = useState<{ added: number; changed: number }>();
  const take = async (files: File[]) => {
    setBusy(true);
    setError(undefined);
    try {
      setTold(await send<{ added: number; changed: number }>("POST", "/users/import", { realm, csv: await files[0]?.text() }));
    } catch (problem) {
      setError(problem as Error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <div className="stack">
      <div>
        The first line names the columns: <code>username,password,firstName,lastName,email,roles</code>. Roles are separated by
        semicolons. A user who exists is changed; with a wrong line nothing is.
      </div>
      <FilePicker
        label={busy ? "Importing …" : "Choose a CSV file"}
        hint={`into the realm ${realm}`}
        accept=".csv,text/csv"
        disabled={busy}
        testId="import-users"
        take={(files) => void take(files)}
      />
      <ErrorNotice error={error} title="Nothing was imported" />
      {told && (
        <div role="status">
          {told.added} added, {told.changed} changed.
        </div>
      )}
      {told && <Button onClick={done}>Done</Button>}
    </div>
  );
}
