import { useCallback, useEffect, useRef, useState } from "react";
import { get } from "./client";

export interface Loaded<T> {
  data: T | undefined;
  error: Error | undefined;
  loading: boolean;
  reload: () => void;
}

type Query = Record<string, string | number | boolean | null | undefined>;

/**
 * GETs `path` and again whenever path or query change; `null` waits.
 * With `everySeconds` it repeats while the tab can be seen. The last data stay during a reload.
 */
export function useLoaded<T>(path: string | null, query: Query = {}, everySeconds?: number): Loaded<T> {
  const key = path === null ? null : JSON.stringify([path, query]);
  const [state, setState] = useState<{ path: string | null; data?: T; error?: Error; loading: boolean }>({
    path,
    loading: path !== null,
  });
  const [round, setRound] = useState(0);
  const running = useRef<AbortController | null>(null);

  useEffect(() => {
    if (key === null) return;
    const [wanted, parameters] = JSON.parse(key) as [string, Query];
    running.current?.abort();
    const control = new AbortController();
    running.current = control;
    setState((old) => ({ ...(old.path === wanted ? old : { path: wanted }), loading: true }));
    get<T>(wanted, parameters, control.signal).then(
      (data) => !control.signal.aborted && setState({ path: wanted, data, loading: false }),
      (error: Error) =>
        !control.signal.aborted &&
        setState((old) => ({ ...(old.path === wanted ? old : { path: wanted }), error, loading: false })),
    );
    return () => control.abort();
  }, [key, round]);

  const reload = useCallback(() => setRound((old) => old + 1), []);
  useVisibleInterval(reload, everySeconds);
  const fresh = state.path === path;
  return {
    data: fresh ? state.data : undefined,
    error: fresh ? state.error : undefined,
    loading: path !== null && (state.loading || !fresh),
    reload,
  };
}

/** Calls back every so many seconds, but not while the tab is hidden; at once when it comes back. */
export function useVisibleInterval(callback: () => void, seconds: number | undefined): void {
  const latest = useRef(callback);
  latest.current = callback;
  useEffect(() => {
    if (!seconds) return;
    const tick = () => document.visibilityState === "visible" && latest.current();
    const timer = setInterval(tick, seconds * 1000);
    document.addEventListener("visibilitychange", tick);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", tick);
    };
  }, [seconds]);
}
