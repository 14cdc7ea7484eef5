import { Button, Modal, NativeSelect, TextInput } from "@mantine/core";
import { useState, type FormEvent } from "react";
import type { Backend, Client } from "../api/types";
import { Confirm } from "../shell/Confirm";
import { Exports } from "../shell/DataTable";
import type { Field } from "../shell/saving";
import { CopyButton, Empty, ErrorNotice, Panel, Tag } from "../shell/parts";
import type { Change } from "./BackendPage";

const PLATFORMS = ["WEB", "IOS", "ANDROID", "WINDOWS"];

const FIELDS: Field<Client>[] = [
  { head: "Client", text: (one) => one.name },
  { head: "Platform", text: (one) => one.platform },
  { head: "App", text: (one) => one.clientId },
  { head: "Version", text: (one) => one.version },
  { head: "Application key", text: (one) => one.applicationKey },
];

/** The app binaries that use the backend; each has an application key of its own. */
export function Clients({ backend, change }: { backend: Backend; change: Change | undefined }) {
  const [adding, setAdding] = useState(false);
  return (
    <Panel
      title="Clients"
      flush
      tools={
        <>
          {change && (
            <Button size="compact-sm" variant="default" onClick={() => setAdding(true)}>
              Add client
            </Button>
          )}
          <Exports name="Clients" fields={FIELDS} all={() => backend.clients} />
        </>
      }
    >
      {backend.clients.length === 0 ? (
        <Empty title="No clients">An app that names no client may still call; with a client its calls can be told apart.</Empty>
      ) : (
        <table className="list" aria-label="Clients">
          <thead>
            <tr>
              <th scope="col">Client</th>
              <th scope="col">App</th>
              <th scope="col">Application key</th>
              <th scope="col">
                <span className="unseen">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {backend.clients.map((client) => (
              <tr key={client.applicationKey ?? client.name}>
                <td>
                  {client.name} <Tag>{client.platform}</Tag>
                </td>
                <td className="soft">
                  {client.clientId} {client.version}
                </td>
                <td>
                  {client.applicationKey ? (
                    <div className="row">
                      <code>{client.applicationKey}</code>
                      <CopyButton text={client.applicationKey} />
                    </div>
                  ) : (
                    <span className="soft">for developers</span>
                  )}
                </td>
                <td className="number">
                  {change && (
                    <Confirm
                      label="Remove"
                      name={`Remove ${client.name}`}
                      title={`Remove the client ${client.name}`}
                      small
                      danger
                      act={() => change({ clients: backend.clients.filter((one) => one !== client) })}
                      done={() => {}}
                    >
                      Its application key names no client any more. Undo is under Activity.
                    </Confirm>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <Modal opened={adding} onClose={() => setAdding(false)} title="Add client" lockScroll={false}>
        {change && <ClientForm backend={backend} change={change} done={() => setAdding(false)} />}
      </Modal>
    </Panel>
  );
}

function ClientForm({ backend, change, done }: { backend: Backend; change: Change; done: () => void }) {
  const [client, setClient] = useState<Partial<Client>>({ name: "", platform: "WEB", clientId: "", version: "1.0" });
  const [error, setError] = useState<Error>();
  const set = (part: Partial<Client>) => setClient((old) => ({ ...old, ...part }));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    change({ clients: [...backend.clients, client] }).then(done, setError);
  };
  return (
    <form className="stack" onSubmit={submit}>
      <TextInput label="Name" required value={client.name ?? ""} onChange={(event) => set({ name: event.currentTarget.value })} />
      <NativeSelect
        label="Platform"
        data={PLATFORMS}
        value={client.platform ?? "WEB"}
        onChange={(event) => set({ platform: event.currentTarget.value })}
      />
      <TextInput
        label="App id"
        description="The bundle id or package name, such as org.example.app."
        value={client.clientId ?? ""}
        onChange={(event) => set({ clientId: event.currentTarget.value })}
      />
      <TextInput
        label="App version"
        value={client.version ?? ""}
        onChange={(event) => set({ version: event.currentTarget.value })}
      />
      <ErrorNotice error={error} />
      <Button type="submit">Add client</Button>
    </form>
  );
}
