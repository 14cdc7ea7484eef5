import { useFilters } from "../shell/useFilters";
import { get } from "./client";
import type { Page } from "./types";
import { useLoaded, type Loaded } from "./useLoaded";

type Query = Record<string, string | number | boolean | null | undefined>;

export interface Paged<T> extends Loaded<Page<T>> {
  items: T[];
  total: number;
  page: number;
  pages: number;
  turn: (page: number) => void;
  /** All rows of the list, for an export. */
  all: () => Promise<T[]>;
}

const SIZE = 50;
const MOST_EXPORTED = 10_000;

/** A list that the server pages; which page is shown is in the address, under `as`. */
export function usePaged<T>(path: string, query: Query = {}, as = "page", everySeconds?: number): Paged<T> {
  const [filter, setFilter] = useFilters();
  const page = Math.max(1, Number(filter(as)) || 1);
  const loaded = useLoaded<Page<T>>(path, { ...query, limit: SIZE, offset: (page - 1) * SIZE }, everySeconds);
  const total = loaded.data?.totalResults ?? 0;
  return {
    ...loaded,
    items: loaded.data?.items ?? [],
    total,
    page,
    pages: Math.max(1, Math.ceil(total / SIZE)),
    turn: (to) => setFilter({ [as]: to <= 1 ? null : String(to) }),
    all: async () => {
      const rows: T[] = [];
      for (;;) {
        const part = await get<Page<T>>(path, { ...query, limit: 1000, offset: rows.length });
        rows.push(...part.items);
        if (!part.hasMore || part.items.length === 0 || rows.length >= MOST_EXPORTED) return rows;
      }
    },
  };
}
