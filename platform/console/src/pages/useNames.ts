import type { Api, Backend, Page } from "../api/types";
import { useLoaded } from "../api/useLoaded";

/** The names the filters offer. */
export function useNames(): { backends: string[]; apis: string[] } {
  const backends = useLoaded<Page<Backend>>("/mobilebackends", { limit: 1000 });
  const apis = useLoaded<Page<Api>>("/apis", { limit: 1000 });
  return { backends: names(backends.data?.items), apis: names(apis.data?.items) };
}

function names(items: { name: string }[] | undefined): string[] {
  return [...new Set((items ?? []).map((item) => item.name))].sort();
}
