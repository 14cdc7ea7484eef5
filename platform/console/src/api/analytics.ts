/** The shapes of docs/tools-analytics.md. */
import { Refusal } from "./client";
import { useLoaded, type Loaded } from "./useLoaded";

type Query = Record<string, string | number | boolean | null | undefined>;

export const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";

/** Like `useLoaded`; what this platform does not have (404) is no error, just nothing. */
export function useAsked<T>(path: string | null, query: Query = {}, everySeconds?: number): Loaded<T> & { missing: boolean } {
  const loaded = useLoaded<T>(path, query, everySeconds);
  const missing = loaded.error instanceof Refusal && loaded.error.status === 404;
  return { ...loaded, error: missing ? undefined : loaded.error, missing };
}

export interface Series {
  from: string;
  to: string;
  bucketSeconds: number;
}

export interface Volume extends Series {
  total: { calls: number; ok: number; redirects: number; clientErrors: number; serverErrors: number };
  series: { time: string; calls: number; ok: number; redirects: number; clientErrors: number; serverErrors: number }[];
}

export interface LatencyAnswer extends Series {
  sampled: boolean;
  series: { time: string; calls: number; averageMs: number | null; p50Ms: number | null; p95Ms: number | null; p99Ms: number | null }[];
}

export interface ErrorGroup {
  id: string;
  type: string | null;
  message: string;
  code: string | null;
  place: string | null;
  api: string | null;
  endpoint: string | null;
  endpoints: number;
  calls: number;
  users: number;
  first: string;
  last: string;
  ecid: string;
  example: string;
  series: number[];
}

export interface Ranked {
  key: string;
  backend: string | null;
  api: string | null;
  version: string | null;
  method: string | null;
  resource: string | null;
  value?: string | null;
  calls: number;
  share: number;
  clientErrors: number;
  serverErrors: number;
  errorRate: number;
  averageMs: number | null;
  p50Ms: number | null;
  p95Ms: number | null;
  totalMs: number;
}

export interface Facets {
  total: number;
  facets: Record<string, { value: string; calls: number; errors: number }[]>;
}

export interface UsersAnswer extends Series {
  total: { active: number; new: number; returning: number };
  series: { time: string; active: number; new: number; returning: number }[];
}

export interface SessionsAnswer extends Series {
  total: {
    sessions: number;
    users: number;
    averageSeconds: number | null;
    medianSeconds: number | null;
    callsPerSession: number | null;
    eventsPerSession: number | null;
  };
  series: { time: string; sessions: number; averageSeconds: number | null }[];
}

export interface Retention {
  unit: string;
  cohorts: { time: string; size: number; returned: number[]; share: number[] }[];
}

export interface ClientRow {
  client: string | null;
  sdk: string | null;
  calls: number;
  errors: number;
  errorRate: number;
  users: number;
  devices: number;
  sessions: number;
  first: string;
  last: string;
}

export interface EventName {
  name: string;
  type: string;
  occurrences: number;
  users: number;
  sessions: number;
  properties: string[];
}

export interface EventsAnswer extends Series {
  total: { occurrences: number; perDay: number; users: number; sessions: number };
  series: { time: string; occurrences: number }[];
  groups: { value: string | null; occurrences: number; users: number; series: number[] }[];
}

export interface Funnel {
  by: string;
  steps: { name: string; reached: number; share: number; ofPrevious: number; medianSeconds: number | null }[];
  groups: { value: string | null; reached: number[] }[];
}

export type Light = "green" | "amber" | "red";

export interface Lit {
  light: Light;
  caption?: string;
  measures: { name: string; value: number | null; warning: number; error: number; light: Light }[];
  tiles: Partial<Record<string, number | null>>;
}

export interface HealthAnswer extends Lit {
  from: string;
  to: string;
  thresholds: Record<string, number>;
  timeline: { time: string; calls: number; averageMs: number | null }[];
  backends: (Lit & {
    backend: string;
    version: string;
    apis: (Lit & {
      api: string;
      version: string;
      endpoints: (Lit & { method: string; resource: string })[];
    })[];
  })[];
}
