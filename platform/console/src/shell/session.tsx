import { createContext, useCallback, useContext, useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { get, onSignedOut, send } from "../api/client";

const ROLES = ["analyst", "developer", "administrator"] as const;
export type Role = (typeof ROLES)[number];

interface Session {
  /** The team member's name; `null` when not signed in, `undefined` until it is known. */
  name: string | null | undefined;
  role: Role;
  /** Whether the member is of that role or above; what is really allowed the server decides. */
  may: (role: Role) => boolean;
  error: Error | null;
  signIn: (proof: { name: string; password: string } | { link: string }) => Promise<void>;
  signOut: () => void;
  retry: () => void;
}

const Context = createContext<Session | null>(null);

export function SessionProvider({ children }: { children: ReactNode }) {
  const [name, setName] = useState<string | null>();
  const [role, setRole] = useState<Role>("analyst");
  const [error, setError] = useState<Error | null>(null);
  const asking = useRef<AbortController | null>(null);

  const retry = useCallback(() => {
    setError(null);
    const control = new AbortController();
    asking.current = control;
    get<{ name: string; role: Role }>("/session", {}, control.signal).then(
      (session) => {
        if (control.signal.aborted) return;
        setRole(session.role);
        setName(session.name);
      },
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
      role,
      may: (wanted) => ROLES.indexOf(role) >= ROLES.indexOf(wanted),
      error,
      retry,
      signIn: async (proof) => {
        // A late "not signed in" from before must not undo what follows.
        asking.current?.abort();
        const answer = await send<{ name: string; role: Role }>("POST", "/session", proof);
        setRole(answer.role);
        setName(answer.name);
      },
      signOut: () => {
        const leave = () => setName(null);
        send("DELETE", "/session").then(leave, leave);
      },
    }),
    [name, role, error, retry],
  );
  return <Context.Provider value={session}>{children}</Context.Provider>;
}

export function useSession(): Session {
  const session = useContext(Context);
  if (!session) throw new Error("useSession outside SessionProvider");
  return session;
}
