import { Button, Loader, TextInput, Textarea } from "@mantine/core";
import { useState, type FormEvent } from "react";
import type { MethodModel, Parameter, ResourceModel } from "../api/raml";
import type { Api, Backend, Page } from "../api/types";
import { useLoaded } from "../api/useLoaded";
import { Empty, ErrorNotice, Method, Panel } from "../shell/parts";
import { Picker } from "../shell/Picker";
import { useFilters } from "../shell/useFilters";
import { rules } from "./Documentation";
import { CallerFields } from "./CallerFields";
import { addressOf, calling, type Credentials, type Received } from "./calling";
import { TestAnswer } from "./TestAnswer";
import css from "./TestPage.module.css";
import { useModel } from "./useModel";

type Endpoint = { resource: ResourceModel; method: MethodModel };

const keyOf = ({ resource, method }: Endpoint) => `${method.verb} ${resource.path}`;

/** Calls the API as an app does: from the browser, with the backend's own keys, through the gateway. */
export function TestPage({ api }: { api: Api }) {
  const { model, error } = useModel(api);
  const backends = useLoaded<Page<Backend>>("/mobilebackends", { api: api.id, limit: 1 });
  const [filter, setFilter] = useFilters();
  if (!model || !backends.data) {
    const problem = error ?? backends.error;
    return problem ? <ErrorNotice error={problem} /> : <Loader aria-label="Loading" />;
  }
  const first = backends.data.items[0];
  const endpoints = model.resources.flatMap((resource) => resource.methods.map((method) => ({ resource, method })));
  if (!first) {
    return <Empty title="No backend makes this API available">Associate it with a backend; then it can be called.</Empty>;
  }
  if (endpoints.length === 0) return <Empty title="No endpoints yet">Add one in the designer.</Empty>;
  const chosen = endpoints.find((one) => keyOf(one) === filter("endpoint")) ?? endpoints[0]!;
  return (
    <div className={css.page}>
      <Panel title="Endpoints" flush>
        <div className={css.endpoints}>
          {endpoints.map((one) => (
            <button
              key={keyOf(one)}
              type="button"
              className={`${css.endpoint} ${one === chosen ? css.chosen : ""}`}
              aria-pressed={one === chosen}
              onClick={() => setFilter({ endpoint: keyOf(one) })}
            >
              <Method name={one.method.verb} />
              <code>{one.resource.path}</code>
            </button>
          ))}
        </div>
      </Panel>
      <Call key={keyOf(chosen)} api={api} endpoint={chosen} first={first} />
    </div>
  );
}

const initial = (rows: Parameter[]) => Object.fromEntries(rows.map((row) => [row.name, row.example ?? row.default ?? ""]));

function Call({ api, endpoint, first }: { api: Api; endpoint: Endpoint; first: Backend }) {
  const { resource, method } = endpoint;
  const [backendId, setBackendId] = useState(first.id);
  const backend = useLoaded<Backend>(`/mobilebackends/${backendId}`);
  const [caller, setCaller] = useState<Credentials>(
    api.security.loginRequired ? { as: "user", user: "", password: "" } : { as: "anonymous" },
  );
  const [path, setPath] = useState(() => initial(resource.uriParameters));
  const [query, setQuery] = useState(() => initial(method.queryParameters.filter((row) => row.required)));
  const [headers, setHeaders] = useState(() => initial(method.headers.filter((row) => row.required)));
  const [mediaType, setMediaType] = useState(method.bodies[0]?.mediaType ?? "application/json");
  const example = method.bodies.find((one) => one.mediaType === mediaType)?.example ?? "";
  const [body, setBody] = useState(example);
  const [received, setReceived] = useState<Received>();
  const [error, setError] = useState<Error>();
  const [busy, setBusy] = useState(false);
  const withBody = !["GET", "HEAD", "DELETE", "OPTIONS"].includes(method.verb) || method.bodies.length > 0;

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!backend.data) return;
    setBusy(true);
    setError(undefined);
    setReceived(undefined);
    calling({
      backend: backend.data,
      address: addressOf(api, resource.path, path, query),
      version: api.version,
      method: method.verb,
      headers,
      caller,
      body: withBody && body !== "" ? { mediaType, text: body } : null,
    })
      .then(setReceived, setError)
      .finally(() => setBusy(false));
  };

  return (
    <div className="stack">
      <Panel
        title={
          <span className={css.title}>
            <Method name={method.verb} /> <code>{api.basePath + resource.path}</code>
          </span>
        }
      >
        <form className="stack" onSubmit={submit}>
          {method.description && <div className="soft">{method.description}</div>}
          <div className="row">
            <Picker<Backend>
              titled
              label="Backend"
              path="/mobilebackends"
              query={{ api: api.id }}
              value={backend.data ? `${backend.data.name} ${backend.data.version}` : ""}
              option={(one) => ({ value: one.id, label: `${one.name} ${one.version}` })}
              change={setBackendId}
            />
            <CallerFields caller={caller} change={setCaller} />
          </div>
          <Fields title="Path" rows={resource.uriParameters} values={path} set={setPath} />
          <Fields title="Query" rows={method.queryParameters} values={query} set={setQuery} />
          <Fields title="Header" rows={method.headers} values={headers} set={setHeaders} />
          {withBody && (
            <>
              <div className="row">
                <TextInput
                  label="Media type"
                  value={mediaType}
                  onChange={(event) => setMediaType(event.currentTarget.value)}
                />
                {example && (
                  <Button size="compact-sm" variant="default" onClick={() => setBody(example)}>
                    Use the example
                  </Button>
                )}
              </div>
              <Textarea
                label="Body"
                rows={8}
                className={css.body ?? ""}
                spellCheck={false}
                value={body}
                onChange={(event) => setBody(event.currentTarget.value)}
              />
            </>
          )}
          <ErrorNotice error={error ?? backend.error} />
          <div>
            <Button type="submit" disabled={busy || !backend.data} data-testid="send-test">
              {busy ? "Waiting …" : "Send"}
            </Button>
          </div>
        </form>
      </Panel>
      {received && <TestAnswer received={received} />}
    </div>
  );
}

function Fields(props: {
  title: string;
  rows: Parameter[];
  values: Record<string, string>;
  set: (values: Record<string, string>) => void;
}) {
  if (props.rows.length === 0) return null;
  return (
    <div className={css.fields}>
      {props.rows.map((row) => (
        <TextInput
          key={row.name}
          label={`${props.title}: ${row.name}`}
          description={[row.type, rules(row), row.description].filter(Boolean).join(" · ")}
          required={row.required}
          placeholder={row.example ?? row.default ?? ""}
          value={props.values[row.name] ?? ""}
          onChange={(event) => props.set({ ...props.values, [row.name]: event.currentTarget.value })}
        />
      ))}
    </div>
  );
}
