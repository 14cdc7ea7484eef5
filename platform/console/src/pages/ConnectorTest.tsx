import { Button, NativeSelect, TextInput, Textarea } from "@mantine/core";
import { useState, type FormEvent } from "react";
import { send } from "../api/client";
import { milliseconds } from "../api/format";
import type { Connector, Trial } from "../api/types";
import { CopyBlock, ErrorNotice, Facts, Panel, StatusTag } from "../shell/parts";
import { pairs } from "./pairs";

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

/** Calls the system as custom code would, with the connector's rules and credentials. */
export function ConnectorTest({ connector }: { connector: Connector }) {
  const soap = connector.kind === "SOAP";
  const [method, setMethod] = useState(soap ? "POST" : "GET");
  const [path, setPath] = useState(soap ? (connector.operations[0]?.name ?? "") : "");
  const [headers, setHeaders] = useState("");
  const [body, setBody] = useState("");
  const [answer, setAnswer] = useState<Trial>();
  const [error, setError] = useState<Error>();
  const [busy, setBusy] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setError(undefined);
    setAnswer(undefined);
    let given: Record<string, string>;
    try {
      given = pairs(headers);
    } catch (problem) {
      setError(problem as Error);
      return;
    }
    setBusy(true);
    send<Trial>("POST", `/connectors/${connector.id}/test`, { method, path, headers: given, body })
      .then(setAnswer, setError)
      .finally(() => setBusy(false));
  };
  return (
    <>
      <Panel title="Test call">
        <form className="stack" onSubmit={submit}>
          {soap ? (
            <NativeSelect
              label="Operation"
              data={connector.operations.map((one) => one.name)}
              value={path}
              onChange={(event) => setPath(event.currentTarget.value)}
            />
          ) : (
          <div className="row">
            <NativeSelect label="Method" data={METHODS} value={method} onChange={(event) => setMethod(event.currentTarget.value)} />
            <TextInput
              label="Local resource"
              className="grow"
              placeholder="/orders/7?expand=lines"
              value={path}
              onChange={(event) => setPath(event.currentTarget.value)}
            />
          </div>
          )}
          <div className="soft small mono" data-testid="remote">
            {soap ? connector.baseUrl : connector.baseUrl + (path && !path.startsWith("/") ? "/" : "") + path}
          </div>
          <Textarea
            label="Headers"
            description="One a line, as Name: value."
            rows={2}
            spellCheck={false}
            value={headers}
            onChange={(event) => setHeaders(event.currentTarget.value)}
          />
          {method !== "GET" && method !== "HEAD" && (
            <Textarea label={soap ? "Body, as JSON" : "Body"} rows={5} spellCheck={false} value={body} onChange={(event) => setBody(event.currentTarget.value)} />
          )}
          <ErrorNotice error={error} />
          <div>
            <Button type="submit" disabled={busy}>
              {busy ? "Waiting …" : "Test endpoint"}
            </Button>
          </div>
        </form>
      </Panel>
      {answer && <Answer answer={answer} />}
    </>
  );
}

function Answer({ answer }: { answer: Trial }) {
  return (
    <Panel
      title={
        <span className="row" data-testid="trial-status">
          {answer.status === null ? "No answer" : <StatusTag status={answer.status} />}
          <span className="soft small">{milliseconds(answer.durationMs)}</span>
        </span>
      }
    >
      <div className="stack" role="status">
        {answer.error && <ErrorNotice error={new Error(answer.error)} />}
        {answer.body && <CopyBlock label="Body" text={answer.body} />}
        {answer.status !== null && (
          <details>
            <summary>Headers</summary>
            <Facts entries={Object.entries(answer.headers).map(([name, value]) => [name, <code key={name}>{value}</code>])} />
          </details>
        )}
      </div>
    </Panel>
  );
}
