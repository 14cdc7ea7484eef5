import { NativeSelect } from "@mantine/core";
import { useState } from "react";
import { send } from "../api/client";
import { count } from "../api/format";
import { ErrorNotice } from "../shell/parts";
import { FilePicker } from "./FilePicker";

export interface Wsdl {
  root: string;
  files: Record<string, string>;
}

interface Port {
  name: string;
  address: string;
  operations: { name: string }[];
}

/** The WSDL of a SOAP connector, and which of its ports is called. */
export function WsdlFields(props: {
  present: boolean;
  port: string;
  change: (wsdl: Wsdl | null, port: string, address: string) => void;
}) {
  const [ports, setPorts] = useState<Port[]>([]);
  const [wsdl, setWsdl] = useState<Wsdl | null>(null);
  const [error, setError] = useState<Error>();
  const take = async (files: File[]) => {
    setError(undefined);
    const texts = await Promise.all(files.map(async (file) => [file.name, await file.text()] as const));
    const root = files.find((file) => file.name.toLowerCase().endsWith(".wsdl"))?.name ?? files[0]?.name ?? "";
    const read = { root, files: Object.fromEntries(texts) };
    try {
      const found = (await send<{ ports: Port[] }>("POST", "/connectors/wsdl", read)).ports;
      setPorts(found);
      setWsdl(read);
      props.change(read, found[0]?.name ?? "", found[0]?.address ?? "");
    } catch (problem) {
      setError(problem as Error);
    }
  };
  return (
    <>
      <FilePicker
        label={props.present ? "Replace the WSDL" : "Choose the WSDL"}
        hint={wsdl ? `${wsdl.root}, ${count(ports.length)} ports` : "with the schemas that it imports, or dropped here"}
        accept=".wsdl,.xsd,.xml"
        multiple
        testId="upload-wsdl"
        take={(files) => void take(files)}
      />
      <ErrorNotice error={error} title="The WSDL was not taken" />
      {ports.length > 0 ? (
        <NativeSelect
          label="Port"
          value={props.port}
          data={ports.map((one) => ({ value: one.name, label: `${one.name} (${count(one.operations.length)} operations)` }))}
          onChange={(event) => {
            const port = ports.find((one) => one.name === event.currentTarget.value);
            props.change(wsdl, port?.name ?? "", port?.address ?? "");
          }}
        />
      ) : (
        props.port && <div className="soft">Port {props.port}</div>
      )}
    </>
  );
}
