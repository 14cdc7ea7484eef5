import { Button, NativeSelect, TextInput, Textarea } from "@mantine/core";
import { useState, type FormEvent } from "react";
import type { Connector } from "../api/types";
import { ErrorNotice } from "../shell/parts";
import { words } from "./words";
import { WsdlFields, type Wsdl } from "./WsdlFields";

export type ConnectorBody = Partial<Connector> & Pick<Connector, "name" | "baseUrl"> & { wsdl?: Wsdl };

const TYPES = ["REST", "SOAP"];

/** What a connector is called and where its system is; used for a new one and for changes. */
export function ConnectorForm(props: {
  connector?: Connector;
  submitLabel: string;
  save: (body: ConnectorBody) => Promise<void>;
}) {
  const { connector } = props;
  const [body, setBody] = useState(() => ({
    name: connector?.name ?? "",
    version: connector?.version ?? "1.0",
    kind: connector?.kind ?? "REST",
    title: connector?.title ?? "",
    desc: connector?.desc ?? "",
    baseUrl: connector?.baseUrl ?? "",
    port: connector?.port ?? "",
  }));
  const [wsdl, setWsdl] = useState<Wsdl | null>(null);
  const soap = body.kind === "SOAP";
  const [allow, setAllow] = useState((connector?.allow ?? []).join("\n"));
  const [connect, setConnect] = useState(String(connector?.connectTimeoutMs ?? ""));
  const [read, setRead] = useState(String(connector?.readTimeoutMs ?? ""));
  const [error, setError] = useState<Error>();
  const [busy, setBusy] = useState(false);
  const field = (name: keyof typeof body) => ({
    value: body[name],
    onChange: (event: { currentTarget: { value: string } }) => {
      const { value } = event.currentTarget;
      setBody((old) => ({ ...old, [name]: value }));
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    const timeouts = { connectTimeoutMs: connect === "" ? null : Number(connect), readTimeoutMs: read === "" ? null : Number(read) };
    props
      .save({ ...body, ...timeouts, ...(wsdl ? { wsdl } : {}), rules: connector?.rules ?? [], allow: words(allow) })
      .catch(setError)
      .finally(() => setBusy(false));
  };
  return (
    <form className="stack" onSubmit={submit}>
      <div className="columns">
        <TextInput label="Name" description="Code calls it by this name." required autoComplete="off" {...field("name")} />
        <TextInput label="Version" description="As 1.0." required {...field("version")} />
      </div>
      <NativeSelect label="Type" data={TYPES} disabled={!!connector} {...field("kind")} />
      {soap && (
        <WsdlFields
          present={connector !== undefined}
          port={body.port}
          change={(read, port, address) => {
            setWsdl(read);
            setBody((old) => ({ ...old, port, baseUrl: address }));
          }}
        />
      )}
      <TextInput label="Title" {...field("title")} />
      <TextInput label="Description" {...field("desc")} />
      <TextInput
        label="Address"
        description={
          soap ? "Where the port is called; empty: the address in the WSDL." : "What local paths are appended to, without credentials and query."
        }
        placeholder="https://erp.example.com/api"
        required={!soap}
        {...field("baseUrl")}
      />
      <Textarea
        label="Allowed networks"
        description="Private addresses that it may reach all the same, one a line; the guard refuses them otherwise."
        placeholder="10.1.0.0/16"
        rows={2}
        value={allow}
        onChange={(event) => setAllow(event.currentTarget.value)}
      />
      <div className="columns">
        <TextInput
          label="Connect timeout, ms"
          description="Empty: the policy Network_HttpConnectTimeout."
          type="number"
          min={1}
          value={connect}
          onChange={(event) => setConnect(event.currentTarget.value)}
        />
        <TextInput
          label="Read timeout, ms"
          description="Empty: the policy Network_HttpReadTimeout."
          type="number"
          min={1}
          value={read}
          onChange={(event) => setRead(event.currentTarget.value)}
        />
      </div>
      <ErrorNotice error={error} />
      <Button type="submit" disabled={busy}>
        {props.submitLabel}
      </Button>
    </form>
  );
}
