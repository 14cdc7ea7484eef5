import { createContext, useCallback, useContext, useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { get, onSignedOut, send } from "../api/client";

interface Session {
  /** The team member's name; `null` when not signed in, `undefined` until it is known. */
  name: string | null | undefined;
  error: Error | null;
  signIn: (proof: { name: string; password: string } | { link: string }) => Promise<void>;
  signOut: () => void;
  retry: () => void;
}

const Context = createContext<Session | null>(null);

export function SessionProvider({ children }: { children: ReactNode }) {
  const [name, setName] = useState<string | null>();
  const [error, setError] = useState<Error | null>(null);
  const asking = useRef<AbortController | null>(null);

  const retry = useCallback(() => {
    setError(null);
    const control = new AbortController();
    asking.current = control;
    get<{ name: string }>("/session", {}, control.signal).then(
      (session) => !control.signal.aborted && setName(session.name),
      (refused: Error & { status?: number }) => {
        if (control.signal.aborted) return;
        if (refused.status === 401) setName(null);
        else setError(refused);
      },
    );
  }, []);
  useEffect(() => {
    onSignedOut(() => setName(null));
    retry();
  }, [retry]);

  const session = useMemo<Session>(
    () => ({
      name,
      error,
      retry,
      signIn: async (proof) => {
        // A late "not signed in" from before must not undo what follows.
        asking.current?.abort();
        const answer = await send<{ name: string }>("POST", "/session", proof);
        setName(answer.name);
      },
      signOut: () => {
        const leave = () => setName(null);
        send("DELETE", "/session").then(leave, leave);
      },
    }),
    [name, error, retry],
  );
  return <Context.Provider value={session}>{children}</Context.Provider>;
}

export function useSession(): Session {
  const session = useContext(Context);
  if (!session) throw new Error("useSession outside SessionProvider");
  return session;
}
