import { useCallback, useEffect, useRef, useState } from "react";
import { get } from "./client";
import { count } from "./format";
import type { Page } from "./types";
import { useStream } from "./useStream";
import { useVisibleInterval } from "./useLoaded";

type Query = Record<string, string | number | boolean | null | undefined>;

export interface Followed<T> {
  items: T[];
  total: number;
  /** How many there are, in words: `1,234`, or `1,000,000+` where they were not counted to the end. */
  counted: string;
  hasMore: boolean;
  loading: boolean;
  error: Error | undefined;
  /** How many came by themselves since the list was opened. */
  arrived: number;
  more: () => void;
  reload: () => void;
}

const PAGE = 100;
/** A live list forgets its oldest rows: a page with more of them gets slow. */
const KEPT = 2000;
const EVERY_SECONDS = 2;

interface State<T> {
  key: string;
  items: T[];
  total: number;
  least?: boolean;
  hasMore: boolean;
  loading: boolean;
  error?: Error;
  cursor?: string;
  arrived: number;
}

/** A newest-first list of the log that can be read backwards page by page and, while `live`, grows at the top. */
export function useFollowed<T>(
  path: string,
  query: Query,
  live: boolean,
  identity: (item: T) => string,
  stream?: { path: string; event: string },
): Followed<T> {
  const key = JSON.stringify(query);
  const start: State<T> = { key, items: [], total: 0, hasMore: false, loading: true, arrived: 0 };
  const [state, setState] = useState<State<T>>(start);
  const [round, setRound] = useState(0);
  const busy = useRef(false);

  useEffect(() => {
    const control = new AbortController();
    setState((old) => ({ ...old, loading: true }));
    get<Page<T>>(path, { ...(JSON.parse(key) as Query), limit: PAGE }, control.signal).then(
      (page) =>
        setState({
          key,
          items: page.items,
          total: page.totalResults,
          least: page.totalIsLeast ?? false,
          hasMore: page.hasMore,
          loading: false,
          arrived: 0,
          ...(page.cursor ? { cursor: page.cursor } : {}),
        }),
      (error: Error) => {
        if (!control.signal.aborted) setState((old) => ({ ...old, key, loading: false, error }));
      },
    );
    return () => control.abort();
  }, [path, key, round]);

  const merge = (old: T[], page: T[], atTop: boolean): T[] => {
    const known = new Set(old.map(identity));
    const fresh = page.filter((item) => !known.has(identity(item)));
    return atTop ? [...fresh.reverse(), ...old].slice(0, KEPT) : [...old, ...fresh];
  };
  const once = (extra: Query, take: (page: Page<T>, old: State<T>) => State<T>) => {
    if (busy.current) return;
    busy.current = true;
    get<Page<T>>(path, { ...(JSON.parse(key) as Query), ...extra })
      .then(
        (page) => setState((old) => (old.key === key ? take(page, old) : old)),
        (error: Error) => setState((old) => ({ ...old, error })),
      )
      .finally(() => {
        busy.current = false;
      });
  };

  const reload = useCallback(() => setRound((old) => old + 1), []);
  const poll = () => {
    if (state.loading) return;
    if (!state.cursor) return reload();
    once({ after: state.cursor, limit: 500 }, (page, old) => {
      const { error: _, ...rest } = old;
      const items = merge(old.items, page.items, true);
      const arrived = items.length - old.items.length;
      const next = { ...rest, items, arrived: old.arrived + arrived, total: old.total + arrived };
      return page.cursor ? { ...next, cursor: page.cursor } : next;
    });
  };
  const take = (rows: T[]) =>
    setState((old) => {
      const items = merge(old.items, rows, true);
      const arrived = rows.filter((row) => !old.items.some((one) => identity(one) === identity(row))).length;
      return { ...old, items, arrived: old.arrived + arrived, total: old.total + arrived };
    });
  const streaming = useStream<T>(stream?.path ?? path, JSON.parse(key) as Query, live && stream !== undefined, stream?.event ?? "", take);
  // Without a stream the list is asked for again; with one, once at its beginning, for what came before it opened.
  const polls = live && (stream === undefined || streaming === "refused");
  useVisibleInterval(poll, polls ? EVERY_SECONDS : undefined);
  useEffect(() => {
    if (streaming === "open") poll();
  }, [streaming]);

  const more = () =>
    once({ limit: PAGE, offset: state.items.length }, (page, old) => ({
      ...old,
      items: merge(old.items, page.items, false),
      hasMore: page.hasMore,
    }));

  return { ...state, counted: `${count(state.total)}${state.least ? "+" : ""}`, error: state.error, more, reload };
}
