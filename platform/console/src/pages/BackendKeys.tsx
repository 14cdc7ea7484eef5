import { Button } from "@mantine/core";
import { useState } from "react";
import { send } from "../api/client";
import { quoted } from "../api/format";
import type { Api, Backend } from "../api/types";
import { useLoaded } from "../api/useLoaded";
import { Confirm } from "../shell/Confirm";
import { Block, CopyButton, Facts, Panel, Tag } from "../shell/parts";
import { useSession } from "../shell/session";

const HIDDEN = "•".repeat(24);

/** What an app must know to call, and the same as a line for the shell. */
export function BackendKeys({ backend, changed }: { backend: Backend; changed: (backend: Backend) => void }) {
  const { may } = useSession();
  const [shown, setShown] = useState(false);
  const first = backend.apis[0];
  const api = useLoaded<Api>(first ? `/apis/${first.id}` : null);
  const key = backend.anonymousKey ?? "";
  const address = (backend.baseUrl ?? "").replace(/\/$/, "") + example(api.data);
  if (!may("developer")) {
    return (
      <Panel title="For the app">
        <Facts entries={[["Base URL", <Copied key="url" text={backend.baseUrl ?? ""} />], ["Keys", "are shown to developers"]]} />
      </Panel>
    );
  }
  const renew = (name: string, verb: "refresh" | "revoke") => async () => {
    changed(await send<Backend>("POST", `/mobilebackends/${backend.id}/keys/${name}/${verb}`));
  };
  return (
    <Panel title="For the app">
      <div className="stack">
        <Facts
          entries={[
            ["Base URL", <Copied key="url" text={backend.baseUrl ?? ""} />],
            [
              "Backend id",
              <div className="row" key="id">
                <Copied text={backend.backendId ?? ""} />
                <Confirm
                  label="Refresh"
                  name="Refresh the backend id"
                  title="Refresh the backend id"
                  small
                  danger
                  act={renew("backendId", "refresh")}
                  done={() => {}}
                >
                  Every app that has the present id is refused from now on. Undo is under Activity.
                </Confirm>
              </div>,
            ],
            [
              "Anonymous key",
              <div className="row" key="anonymous">
                <code data-testid="backend-key">{shown ? key : HIDDEN}</code>
                <Button
                  size="compact-xs"
                  variant="default"
                  aria-pressed={shown}
                  onClick={() => setShown(!shown)}
                  data-testid="show-key"
                >
                  {shown ? "Hide" : "Show"}
                </Button>
                <CopyButton text={key} />
                <Confirm
                  label="Refresh"
                  name="Refresh the anonymous key"
                  title="Refresh the anonymous key"
                  small
                  danger
                  act={renew("anonymousKey", "refresh")}
                  done={() => {}}
                >
                  Apps that have the present key get no answer as anonymous callers until they have the new one.
                </Confirm>
                <Confirm
                  label="Revoke"
                  name="Revoke the anonymous key"
                  title="Revoke the anonymous key"
                  small
                  danger
                  disabled={!backend.anonymousAuth}
                  act={renew("anonymousKey", "revoke")}
                  done={() => {}}
                >
                  No anonymous callers any more; users with name and password go on. Refresh makes a new key.
                </Confirm>
                {!backend.anonymousAuth && <Tag tone="warn">revoked: no anonymous callers</Tag>}
              </div>,
            ],
          ]}
        />
        <div className="stack" style={{ gap: 6 }}>
          <div className="row">
            <span className="soft small grow">
              {first ? "A call to try it" : "Associate an API to have something to call"}
            </span>
            <CopyButton text={curl(address, backend, key)} label="Copy with the key" />
          </div>
          <Block text={curl(address, backend, shown ? key : HIDDEN)} label="curl line" />
        </div>
      </div>
    </Panel>
  );
}

function Copied({ text }: { text: string }) {
  return (
    <div className="row">
      <code>{text}</code>
      <CopyButton text={text} />
    </div>
  );
}

/** The API's first resource that can be read without filling in a placeholder. */
function example(api: Api | undefined): string {
  if (!api) return "/mobile/custom/";
  const readable = (api.resources ?? []).filter((one) => one.methods.includes("GET"));
  const path = readable.find((one) => !one.path.includes("{"))?.path ?? readable[0]?.path.replaceAll(/\{[^}]*\}/g, "1") ?? "/";
  return api.basePath + path;
}

function curl(address: string, backend: Backend, key: string): string {
  const who = backend.anonymousAuth ? `-H ${quoted(`Authorization: Basic ${key}`)}` : "-u USER:PASSWORD";
  return `curl -i ${quoted(address)} \\\n  -H ${quoted(`Oracle-Mobile-Backend-ID: ${backend.backendId ?? ""}`)} \\\n  ${who}`;
}
