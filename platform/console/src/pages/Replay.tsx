import { Button, Loader, Modal, TextInput, Textarea } from "@mantine/core";
import { useState, type FormEvent } from "react";
import type { Api, Backend, Call, LogLine, Page } from "../api/types";
import { useLoaded } from "../api/useLoaded";
import { ErrorNotice, Facts, Method } from "../shell/parts";
import { CallerFields } from "./CallerFields";
import { calling, type Credentials, type Received } from "./calling";
import { loggedBody, type LoggedBody } from "./loggedBody";
import { TestAnswer } from "./TestAnswer";
import css from "./TestPage.module.css";
import { useModel } from "./useModel";

const BODILESS = ["GET", "HEAD", "DELETE", "OPTIONS"];

/** Makes a recorded call again. Credentials are never recorded, bodies only where a policy says so: both are asked for. */
export function Replay({ call, messages }: { call: Call; messages: LogLine[] }) {
  const [opened, setOpened] = useState(false);
  return (
    <>
      <Button size="compact-xs" variant="default" onClick={() => setOpened(true)}>
        Replay
      </Button>
      <Modal opened={opened} onClose={() => setOpened(false)} title="Replay the call" lockScroll={false} size="xl">
        {opened && <Finding call={call} logged={loggedBody(messages, call.bytesIn ?? 0)} />}
      </Modal>
    </>
  );
}

/** Finds what the call needs: the backend with its keys, and the example where no body was logged. */
function Finding({ call, logged }: { call: Call; logged: LoggedBody | null }) {
  const backends = useLoaded<Page<Backend>>("/mobilebackends", { text: call.backend, limit: 200 });
  const apis = useLoaded<Page<Api>>(call.api ? "/apis" : null, { text: call.api, limit: 200 });
  const backendRow = backends.data?.items.find((one) => one.name === call.backend && one.version === call.backendVersion);
  const apiRow = apis.data?.items.find((one) => one.name === call.api && one.version === call.apiVersion);
  const backend = useLoaded<Backend>(backendRow ? `/mobilebackends/${backendRow.id}` : null);
  const api = useLoaded<Api>(apiRow ? `/apis/${apiRow.id}` : null);
  const problem = backends.error ?? apis.error ?? backend.error ?? api.error;
  if (problem) return <ErrorNotice error={problem} />;
  if (backends.data && !backendRow) {
    return <ErrorNotice error={new Error(`The backend ${call.backend ?? ""} ${call.backendVersion ?? ""} is not there any more.`)} />;
  }
  if (!backend.data || (call.api && !apis.data) || (apiRow && !api.data)) return <Loader aria-label="Loading" />;
  const props = { call, logged, backend: backend.data };
  return api.data ? <WithExample {...props} api={api.data} /> : <Again {...props} example="" mediaType="application/json" />;
}

function WithExample(props: { call: Call; logged: LoggedBody | null; backend: Backend; api: Api }) {
  const { model, error } = useModel(props.api);
  if (error) return <ErrorNotice error={error} />;
  if (!model) return <Loader aria-label="Loading" />;
  const body = model.resources
    .find((one) => one.path === props.call.resource)
    ?.methods.find((one) => one.verb === props.call.method)?.bodies[0];
  return <Again {...props} example={body?.example ?? ""} mediaType={body?.mediaType ?? "application/json"} />;
}

function Again(props: { call: Call; logged: LoggedBody | null; backend: Backend; example: string; mediaType: string }) {
  const { call, logged, backend } = props;
  const bodied = (call.bytesIn ?? 0) > 0 || !BODILESS.includes(call.method);
  const was = call.callerKind === "user" ? (call.user ?? "") : "";
  const [caller, setCaller] = useState<Credentials>(was ? { as: "user", user: was, password: "" } : { as: "anonymous" });
  const [address, setAddress] = useState(call.path);
  const [mediaType, setMediaType] = useState(props.mediaType);
  const [body, setBody] = useState(bodied ? (logged?.text ?? props.example) : "");
  const [received, setReceived] = useState<Received>();
  const [error, setError] = useState<Error>();
  const [busy, setBusy] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    setReceived(undefined);
    calling({
      backend,
      address,
      version: call.apiVersion,
      method: call.method,
      headers: call.applicationKey ? { "Oracle-Mobile-Application-Key": call.applicationKey } : {},
      caller,
      body: bodied && body !== "" ? { mediaType, text: body } : null,
    })
      .then(setReceived, setError)
      .finally(() => setBusy(false));
  };
  return (
    <div className="stack" data-testid="replay">
      <form className="stack" onSubmit={submit}>
        {call.path.includes("=***") ? (
          <TextInput
            label="Address"
            description="What sounds like a secret was masked in the log (***): fill it in."
            value={address}
            onChange={(event) => setAddress(event.currentTarget.value)}
          />
        ) : (
          <div>
            <Method name={call.method} /> <code className={css.address}>{call.path}</code>
          </div>
        )}
        <Facts
          entries={[
            ["Backend", `${backend.name} ${backend.version}, with the keys that it has now`],
            ["API version", call.apiVersion],
            ["Application key", call.applicationKey],
            ["Was called by", was || call.callerKind],
            ["Not recorded", "Credentials, and other headers of the app: they are not sent, or asked for below."],
          ]}
        />
        <div className="row">
          <CallerFields caller={caller} change={setCaller} was={was} />
        </div>
        {bodied && (
          <>
            <TextInput label="Media type" value={mediaType} onChange={(event) => setMediaType(event.currentTarget.value)} />
            <Textarea
              label="Body"
              description={bodyNote(call, logged, props.example)}
              rows={8}
              className={css.body ?? ""}
              spellCheck={false}
              value={body}
              onChange={(event) => setBody(event.currentTarget.value)}
            />
          </>
        )}
        <ErrorNotice error={error} />
        <div>
          <Button type="submit" disabled={busy} data-testid="send-replay">
            {busy ? "Waiting …" : "Send again"}
          </Button>
        </div>
      </form>
      {received && <TestAnswer received={received} />}
    </div>
  );
}

function bodyNote(call: Call, logged: LoggedBody | null, example: string): string {
  if (logged?.cut) {
    return "As it was logged, which is not all of it: it was cut (CCC_LogBodyMaxLength) or a secret was masked. Complete it first.";
  }
  if (logged) return "As it was logged (CCC_LogBody).";
  const kept = (call.bytesIn ?? 0) > 0 ? "The body that was sent was not logged (CCC_LogBody). " : "";
  return kept + (example ? "This is the example of the RAML document." : "The RAML document has no example.");
}
