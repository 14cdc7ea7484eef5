import { Button, Switch, TextInput } from "@mantine/core";
import { useState, type FormEvent } from "react";
import { send } from "../api/client";
import type { Api } from "../api/types";
import { ErrorNotice, Method, Panel, Tag } from "../shell/parts";
import { words } from "./words";

/** Who may call: with login or without, by the API's roles, or by roles of single endpoints. */
export function ApiSecurity({ api, saved }: { api: Api; saved: (api: Api) => void }) {
  const endpoints = (api.resources ?? []).flatMap(({ path, methods }) => methods.map((method) => ({ method, path })));
  const before = (method: string, path: string) =>
    api.security.endpoints.find((one) => one.path === path && one.method.toUpperCase() === method)?.roles.join(", ") ?? "";
  const [login, setLogin] = useState(api.security.loginRequired);
  const [roles, setRoles] = useState(api.security.roles.join(", "));
  const [own, setOwn] = useState<Record<string, string>>(() =>
    Object.fromEntries(endpoints.map(({ method, path }) => [`${method} ${path}`, before(method, path)])),
  );
  const [search, setSearch] = useState("");
  const [error, setError] = useState<Error>();
  const [done, setDone] = useState(false);
  const shown = endpoints.filter(({ method, path }) => `${method} ${path}`.toLowerCase().includes(search.toLowerCase()));

  const submit = (event: FormEvent) => {
    event.preventDefault();
    setError(undefined);
    const restricted = endpoints
      .map(({ method, path }) => ({ method, path, roles: words(own[`${method} ${path}`] ?? "") }))
      .filter((one) => one.roles.length > 0);
    const security = { loginRequired: login, roles: words(roles), endpoints: restricted };
    const { name, version, title, desc, files, root } = api;
    send<Api>("PUT", `/apis/${api.id}`, { name, version, title, desc, security, files, root }, api.etag).then((fresh) => {
      setDone(true);
      saved(fresh);
    }, setError);
  };

  return (
    <form className="stack" onSubmit={submit}>
      <div className="narrow">
        <Panel title="Who may call">
          <div className="stack">
            <Switch
              withThumbIndicator={false}
              label="Login required"
              description="Off, the anonymous key is enough, and roles are not asked for."
              checked={login}
              onChange={(event) => setLogin(event.currentTarget.checked)}
            />
            <TextInput
              label="Roles"
              description="Separated by commas, one of them is enough; empty lets every signed-in user in."
              value={roles}
              disabled={!login}
              onChange={(event) => setRoles(event.currentTarget.value)}
            />
          </div>
        </Panel>
      </div>
      <Panel
        title="Roles of single endpoints"
        flush
        tools={
          <TextInput
            size="xs"
            type="search"
            aria-label="Find an endpoint"
            placeholder="Find an endpoint"
            value={search}
            onChange={(event) => setSearch(event.currentTarget.value)}
          />
        }
      >
        <table className="list" aria-label="Roles of single endpoints">
          <thead>
            <tr>
              <th scope="col">Endpoint</th>
              <th scope="col">Roles instead of the API's</th>
            </tr>
          </thead>
          <tbody>
            {shown.map(({ method, path }) => {
              const key = `${method} ${path}`;
              return (
                <tr key={key}>
                  <td>
                    <Method name={method} />
                    <code>{path}</code>
                  </td>
                  <td>
                    <TextInput
                      size="xs"
                      aria-label={`Roles of ${key}`}
                      placeholder={words(roles).join(", ") || "as the API"}
                      disabled={!login}
                      value={own[key] ?? ""}
                      onChange={(event) => setOwn({ ...own, [key]: event.currentTarget.value })}
                    />
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </Panel>
      <ErrorNotice error={error} />
      <div className="row">
        <Button type="submit">Save security</Button>
        {done && <Tag tone="ok">Saved, and in force</Tag>}
      </div>
    </form>
  );
}
