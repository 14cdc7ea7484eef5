import { useEffect, useRef, useState } from "react";
import { address } from "./client";

type Query = Record<string, string | number | boolean | null | undefined>;

/**
 * Follows a stream of the platform's events while `on`; `take` gets what came, oldest first, a few times a second.
 * Says `refused` when the platform has no such stream, so that the page asks again and again instead.
 */
export function useStream<T>(path: string, query: Query, on: boolean, name: string, take: (rows: T[]) => void): "off" | "open" | "refused" {
  const [state, setState] = useState<"off" | "open" | "refused">("off");
  const latest = useRef(take);
  latest.current = take;
  const key = JSON.stringify(query);
  useEffect(() => {
    if (!on) {
      setState("off");
      return;
    }
    const source = new EventSource(address(path, JSON.parse(key) as Query));
    let waiting: T[] = [];
    const timer = setInterval(() => {
      if (waiting.length === 0) return;
      const rows = waiting;
      waiting = [];
      latest.current(rows);
    }, 250);
    source.addEventListener("hello", () => setState("open"));
    source.addEventListener(name, (event) => waiting.push(JSON.parse((event as MessageEvent<string>).data) as T));
    source.onerror = () => {
      // Closed for good means that it was refused; otherwise the browser comes back by itself.
      if (source.readyState === EventSource.CLOSED) setState("refused");
    };
    return () => {
      clearInterval(timer);
      source.close();
    };
  }, [path, key, on, name]);
  return state;
}
