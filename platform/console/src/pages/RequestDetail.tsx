import { Button, Drawer, Loader } from "@mantine/core";
import { Link } from "wouter";
import { bytes, clock, fullTime, milliseconds, quoted } from "../api/format";
import type { Call, CallTree, Environment, LogLine } from "../api/types";
import { useLoaded } from "../api/useLoaded";
import { useKeys } from "../shell/keys";
import { CopyButton, Empty, ErrorNotice, Facts, Method, StatusTag } from "../shell/parts";
import { useSession } from "../shell/session";
import { caller } from "./caller";
import { CallTimeline } from "./CallTimeline";
import { LogLines } from "./LogLines";
import { Replay } from "./Replay";
import css from "./RequestDetail.module.css";

/** One call with everything it caused, in a sheet beside the list. */
export function RequestDetail(props: {
  ecid: string;
  close: () => void;
  next: (() => void) | undefined;
  previous: (() => void) | undefined;
}) {
  return (
    <Drawer
      opened={props.ecid !== ""}
      onClose={props.close}
      position="right"
      size={680}
      title="Request"
      lockScroll={false}
      overlayProps={{ backgroundOpacity: 0.25 }}
      transitionProps={{ duration: 120 }}
    >
      {props.ecid && <Sheet {...props} />}
    </Drawer>
  );
}

function Sheet({ ecid, next, previous }: { ecid: string; next: (() => void) | undefined; previous: (() => void) | undefined }) {
  const tree = useLoaded<CallTree>(`/requests/${encodeURIComponent(ecid)}`);
  const environment = useLoaded<Environment>("/environment");
  const step = (to: (() => void) | undefined) => () => to?.();
  useKeys({ ArrowDown: step(next), ArrowUp: step(previous), j: step(next), k: step(previous) }, true);
  const call = tree.data?.requests[0];
  const builds = useSession().may("developer");
  return (
    <div className="stack" data-testid="request-detail">
      <div className="row">
        <Button size="compact-sm" variant="default" disabled={!previous} onClick={previous} aria-label="Previous request">
          ↑
        </Button>
        <Button size="compact-sm" variant="default" disabled={!next} onClick={next} aria-label="Next request">
          ↓
        </Button>
        <span className="grow" />
        <CopyButton text={ecid} label="Copy ECID" />
        {call && <CopyButton text={curl(call, environment.data?.baseUri ?? window.location.origin)} label="Copy as curl" />}
        {tree.data && call && builds && replayable(call) && <Replay key={ecid} call={call} messages={tree.data.messages} />}
        {tree.data && call && <CopyButton text={markdown(call, tree.data.messages)} label="Copy as Markdown" />}
      </div>
      <ErrorNotice error={tree.error} />
      {!tree.data && tree.loading && <Loader aria-label="Loading" />}
      {call && <Summary call={call} />}
      {tree.data && !call && <Empty title="No such call">It was never recorded under this ECID, or is older than what is kept.</Empty>}
      {tree.data && (
        <>
          {call && <CallTimeline requests={tree.data.requests} messages={tree.data.messages} />}
          <h2 className={css.title}>Log lines of this call</h2>
          {tree.data.messages.length > 0 ? (
            <LogLines lines={[...tree.data.messages].sort((one, other) => one.time.localeCompare(other.time))} />
          ) : (
            <div className="soft">The call wrote nothing to its log.</div>
          )}
          {tree.data.requests.length > 1 && <Tree calls={tree.data.requests} />}
          {call && <Details call={call} />}
        </>
      )}
    </div>
  );
}

function Summary({ call }: { call: Call }) {
  return (
    <>
      <div className={css.head}>
        <StatusTag status={call.status} />
        <Method name={call.method} />
        <div className={css.path}>{call.path}</div>
      </div>
      <div className="soft">
        {[milliseconds(call.durationMs), call.backend, caller(call) ?? call.callerKind, call.implementation, clock(call.time)]
          .filter(Boolean)
          .join("  ·  ")}
      </div>
      {(call.errorCode || call.errorDetail) && (
        <div className={css.error}>
          <strong>{call.errorCode}</strong> {call.errorDetail}
        </div>
      )}
    </>
  );
}

function Details({ call }: { call: Call }) {
  return (
    <>
      <h2 className={css.title}>Details</h2>
      <Facts
        entries={[
          ["Time", `${fullTime(call.time)} (${clock(call.time)})`],
          ["Duration", `${milliseconds(call.durationMs)}${call.workerMs === null ? "" : `, of it ${milliseconds(call.workerMs)} in custom code`}`],
          ["Backend", [call.backend, call.backendVersion].filter(Boolean).join(" ")],
          ["API", [call.api, call.apiVersion, call.resource].filter(Boolean).join(" ")],
          ["Implementation", call.implementation],
          ["Caller", [call.user, call.callerKind && `(${call.callerKind})`].filter(Boolean).join(" ")],
          [
            "Related",
            <div className="row" key="related">
              {caller(call) && <Link href={`/requests?user=${encodeURIComponent(call.user ?? "")}`}>calls of this user</Link>}
              {call.sessionId && <Link href={`/requests?session=${encodeURIComponent(call.sessionId)}`}>calls of this session</Link>}
              <Link href={`/requests?ecid=${encodeURIComponent(call.ecid)}`}>this ECID</Link>
            </div>,
          ],
          ["Size", `${bytes(call.bytesIn)} in, ${bytes(call.bytesOut)} out`],
          ["Client", [call.clientSdk, call.applicationKey].filter(Boolean).join(", ")],
          ["Device", call.deviceId],
          ["Session", call.sessionId],
          ["Client's clock", call.clientTime],
          ["ECID", <code key="ecid">{call.ecid}</code>],
        ]}
      />
    </>
  );
}

function Tree({ calls }: { calls: Call[] }) {
  return (
    <>
      <h2 className={css.title}>Calls within this one</h2>
      <ul className={css.tree}>
        {calls.map((call) => (
          <li key={`${call.rid} ${call.time}`} style={{ paddingLeft: 16 * (call.rid.split(/[:.]/).length - 1) }}>
            <StatusTag status={call.status} />
            <Method name={call.method} />
            <span className="grow mono">{call.path}</span>
            <span className="number">{milliseconds(call.durationMs)}</span>
          </li>
        ))}
      </ul>
    </>
  );
}

/** A call of an app can be made again; one of the tools API, or of nobody's backend, cannot. */
function replayable(call: Call): boolean {
  return call.backend !== null && /^\/mobile\/(custom|platform)\//.test(call.path) && call.method !== "OPTIONS";
}

/** The call for an issue or a message: what was called, what came of it, what was logged. */
function markdown(call: Call, messages: LogLine[]): string {
  const facts: [string, string | null][] = [
    ["Time", call.time],
    ["Duration", milliseconds(call.durationMs)],
    ["Backend", call.backend],
    ["Implementation", call.implementation],
    ["Caller", caller(call) ?? call.callerKind],
    ["ECID", call.ecid],
    ["Error", [call.errorCode, call.errorDetail].filter(Boolean).join(" ")],
  ];
  const fenced = messages.map((line) => `${line.time} ${line.level} ${line.message}`).join("\n");
  const fence = "`".repeat(Math.max(3, ...[...fenced.matchAll(/`+/g)].map((found) => found[0].length + 1)));
  return [
    `### ${call.status} ${call.method} ${call.path}`,
    "",
    ...facts.filter(([, value]) => value).map(([name, value]) => `- ${name}: ${value ?? ""}`),
    ...(messages.length > 0 ? ["", fence, fenced, fence] : []),
    "",
  ].join("\n");
}

/** The call again from a shell. Bodies and secrets are never recorded, so they stay to be filled in. */
function curl(call: Call, base: string): string {
  const parts = ["curl", "-i"];
  if (call.method !== "GET") parts.push("-X", call.method);
  parts.push(quoted(base.replace(/\/$/, "") + call.path));
  parts.push("-H", '"Oracle-Mobile-Backend-ID: $BACKEND_ID"');
  const name = caller(call);
  if (name) parts.push("-u", quoted(name));
  else if (call.callerKind === "anonymous") parts.push("-H", '"Authorization: Basic $ANONYMOUS_KEY"');
  if ((call.bytesIn ?? 0) > 0) parts.push("-H", "'Content-Type: application/json'", "-d", "@body.json");
  return parts.join(" ");
}
