import { Loader } from "@mantine/core";
import type { KeyboardEvent } from "react";
import { fullTime, milliseconds, moment } from "../api/format";
import type { Call } from "../api/types";
import type { Followed } from "../api/useFollowed";
import { Empty, LevelTag, Method, StatusTag } from "../shell/parts";
import { useWindowed } from "../shell/useWindowed";
import { caller } from "./caller";
import css from "./RequestsPage.module.css";

export const identity = (call: Call) => `${call.ecid} ${call.rid} ${call.time}`;
const ROW_HEIGHT = 42;

/** The calls; only those near what can be seen are drawn, and more are fetched towards the end. */
export function RequestTable({ calls, open, choose }: { calls: Followed<Call>; open: string; choose: (ecid: string) => void }) {
  const drawn = useWindowed(calls.items.length, ROW_HEIGHT, () => calls.hasMore && calls.more());
  return (
    <div className={css.calls}>
      <table className={`list ${css.table}`} data-testid="requests-table" aria-label="Requests" aria-busy={calls.loading}>
        <thead>
          <tr>
            {["Time", "Status", "Request", "Backend", "Duration", "User", "Log", "Implementation"].map((head) => (
              <th key={head} scope="col" className={head === "Duration" ? "number" : head === "Implementation" ? css.implementation : ""}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody ref={drawn.body}>
          <Gap height={drawn.above} />
          {calls.items.slice(drawn.first, drawn.last).map((call) => (
            <Row key={identity(call)} call={call} chosen={call.ecid === open} choose={() => choose(call.ecid)} />
          ))}
          <Gap height={drawn.below} />
        </tbody>
      </table>
      {calls.items.length === 0 &&
        (calls.loading ? (
          <Empty title="">
            <Loader aria-label="Loading" />
          </Empty>
        ) : (
          <Empty title="No calls">Call a backend, or ask for less: fewer filters, a longer period.</Empty>
        ))}
    </div>
  );
}

function Gap({ height }: { height: number }) {
  if (height <= 0) return null;
  return (
    <tr aria-hidden="true">
      <td colSpan={8} style={{ height, padding: 0 }} />
    </tr>
  );
}

function Row({ call, chosen, choose }: { call: Call; chosen: boolean; choose: () => void }) {
  const press = (event: KeyboardEvent) => {
    if (event.key === "Enter") choose();
  };
  return (
    <tr
      className={`active ${chosen ? "chosen" : ""}`}
      tabIndex={0}
      onClick={choose}
      onKeyDown={press}
      data-testid="request-row"
      data-ecid={call.ecid}
      data-status={call.status}
    >
      <td className="mono soft together" title={fullTime(call.time)}>
        {moment(call.time)}
      </td>
      <td>
        <StatusTag status={call.status} />
      </td>
      <td className={css.request} title={call.path}>
        <div>
          <Method name={call.method} />
          {call.resource ?? call.path}{" "}
          <span className="soft small">
            {call.api} {call.apiVersion}
          </span>
        </div>
      </td>
      <td className="together">{call.backend ?? "–"}</td>
      <td className="number together">{milliseconds(call.durationMs)}</td>
      <td className="short" title={call.user ?? undefined}>
        {caller(call) ?? <span className="soft">{call.callerKind ?? "–"}</span>}
      </td>
      <td>{call.messages > 0 && call.worst && <LevelTag level={call.worst} times={call.messages} />}</td>
      <td className={`soft together ${css.implementation}`}>{call.implementation ?? "–"}</td>
    </tr>
  );
}
