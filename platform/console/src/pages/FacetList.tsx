import type { Facets } from "../api/analytics";
import { count } from "../api/format";
import css from "./RequestsPage.module.css";

/** What calls are told apart by: the facet of the server, and the filter that chooses a value of it. */
export const FACETS: { facet: string; name: string; title: string }[] = [
  { facet: "statusClass", name: "status", title: "Status" },
  { facet: "backend", name: "backend", title: "Backend" },
  { facet: "api", name: "api", title: "API" },
  { facet: "version", name: "version", title: "Version" },
  { facet: "endpoint", name: "endpoint", title: "Endpoint" },
  { facet: "method", name: "method", title: "Method" },
  { facet: "caller", name: "caller", title: "Caller" },
  { facet: "client", name: "client", title: "Client" },
  { facet: "sdk", name: "sdk", title: "SDK" },
  { facet: "implementation", name: "implementation", title: "Implementation" },
  { facet: "error", name: "error", title: "Error code" },
];

/** The facets that tell calls apart: those with several values, and those of which one is chosen. */
export function telling(facets: Facets, filter: (name: string) => string): typeof FACETS {
  return FACETS.filter(({ facet, name }) => (facets.facets[facet] ?? []).length > 1 || filter(name) !== "");
}

export function FacetList(props: {
  facets: Facets;
  filter: (name: string) => string;
  change: (name: string) => (value: string) => void;
}) {
  return (
    <aside className={css.facets} aria-label="Facets">
      {telling(props.facets, props.filter).map(({ facet, name, title }) => {
        const values = props.facets.facets[facet] ?? [];
        const chosen = props.filter(name);
        return (
          <section className={css.facet} key={facet}>
            <h2>{title}</h2>
            {values.slice(0, 8).map((one) => (
              <button
                key={one.value}
                type="button"
                className={css.value}
                aria-pressed={one.value === chosen}
                title={`${one.value}: ${one.calls} calls, ${one.errors} errors`}
                onClick={() => props.change(name)(one.value === chosen ? "" : one.value)}
              >
                <span>{one.value || "(none)"}</span>
                <span className="soft">{count(one.calls)}</span>
              </button>
            ))}
          </section>
        );
      })}
    </aside>
  );
}
