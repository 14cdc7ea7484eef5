import { Button, PasswordInput } from "@mantine/core";
import { useState, type FormEvent } from "react";
import { send } from "../api/client";
import { ErrorNotice, Facts, PageHead, Panel } from "../shell/parts";
import { useSession } from "../shell/session";

const MAY: Record<string, string> = {
  administrator: "everything, also the team and purging",
  developer: "backends, APIs, users; not the team",
  analyst: "look at everything but keys and users",
};

/** Whoever is signed in: their role, and their password. */
export default function AccountPage() {
  const { name, role } = useSession();
  const [error, setError] = useState<Error>();
  const [saved, setSaved] = useState(false);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    setError(undefined);
    setSaved(false);
    send("PUT", "/session/password", { password: new FormData(form).get("password") }).then(() => {
      form.reset();
      setSaved(true);
    }, setError);
  };
  return (
    <>
      <PageHead title={name ?? ""} under="Your account" />
      <div className="narrow stack">
        <Panel title="Role">
          <Facts
            entries={[
              ["Role", role],
              ["You may", MAY[role]],
            ]}
          />
        </Panel>
        <Panel title="Password">
          <form className="stack" onSubmit={submit}>
            <PasswordInput
              name="password"
              label="New password"
              description="At least 8 characters. Your other sessions end."
              required
              minLength={8}
              autoComplete="new-password"
            />
            <ErrorNotice error={error} />
            {saved && <div role="status">Saved. Sign in with your name and this password from now on.</div>}
            <div>
              <Button type="submit">Set password</Button>
            </div>
          </form>
        </Panel>
      </div>
    </>
  );
}
