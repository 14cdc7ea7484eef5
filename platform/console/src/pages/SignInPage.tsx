import { Alert, Button, Loader, PasswordInput, TextInput } from "@mantine/core";
import { useEffect, useRef, useState, type FormEvent } from "react";
import { useLocation, useSearch } from "wouter";
import { Refusal } from "../api/client";
import { Logo } from "../shell/icons";
import { useSession } from "../shell/session";
import css from "./SignInPage.module.css";

function linkToken(): string | null {
  return new URLSearchParams(window.location.hash.slice(1)).get("link");
}

export default function SignInPage() {
  const { name: member, signIn } = useSession();
  const [, go] = useLocation();
  const wanted = new URLSearchParams(useSearch()).get("to") ?? "/";
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(() => linkToken() !== null);
  const used = useRef(false);
  // Only a path of the console itself: the address could have been made by somebody else.
  const home = /^\/(?!\/)/.test(wanted) ? wanted : "/";

  useEffect(() => {
    const link = linkToken();
    if (!link) {
      if (member) go(home, { replace: true });
      return;
    }
    if (used.current) return;
    used.current = true;
    // The token is gone from the address bar and the history before it is sent.
    history.replaceState(null, "", window.location.pathname);
    signIn({ link }).then(
      () => go("/", { replace: true }),
      (error: Error) => {
        const spent = error instanceof Refusal && [400, 401, 403, 404, 410].includes(error.status);
        setProblem(spent ? "This link has been used up or is too old. Make a new one on the command line, or sign in with your name and password." : error.message);
        setBusy(false);
      },
    );
  }, [member, go, home, signIn]);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    signIn({ name, password }).then(
      () => go(home, { replace: true }),
      (error: Error) => {
        const wrong = error instanceof Refusal && error.status === 401;
        setProblem(wrong ? "Name or password is wrong." : error.message);
        setBusy(false);
      },
    );
  };

  return (
    <main className={css.page}>
      <form className={css.card} onSubmit={submit}>
        <div>
          <Logo size={40} />
          <h1>Sign in to OpenMCS</h1>
          <div className="soft">Your mobile backends, on your own machine.</div>
        </div>
        {problem && (
          <Alert color="red" variant="light" role="alert">
            {problem}
          </Alert>
        )}
        <TextInput
          label="Name"
          name="name"
          autoComplete="username"
          autoFocus
          required
          withAsterisk={false}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          data-testid="signin-name"
        />
        <PasswordInput
          label="Password"
          name="password"
          autoComplete="current-password"
          required
          withAsterisk={false}
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          data-testid="signin-password"
        />
        <Button type="submit" disabled={busy} data-testid="signin-submit">
          {busy ? <Loader size="xs" /> : "Sign in"}
        </Button>
      </form>
    </main>
  );
}
