import { milliseconds } from "../api/format";
import type { Call, LogLine } from "../api/types";
import css from "./CallTimeline.module.css";

interface Span {
  name: string;
  from: number;
  to: number;
  style: string;
  depth: number;
}

/** When what happened within a call: platform and custom code, calls within it, and marks for the log lines. */
export function CallTimeline({ requests, messages }: { requests: Call[]; messages: LogLine[] }) {
  const call = requests[0];
  if (!call) return null;
  const start = Date.parse(call.time);
  const spans = requests.flatMap((one) => spansOf(one, start));
  const end = Math.max(0.1, ...spans.map((span) => span.to));
  const share = (value: number) => `${Math.max(0, Math.min(100, (value / end) * 100))}%`;
  const worker = call.workerMs;
  return (
    <figure className={css.figure} aria-label="Time line of the call">
      {spans.map((span, index) => (
        <div className={css.line} key={index}>
          <span className={css.name} style={{ paddingLeft: span.depth * 12 }} title={span.name}>
            {span.name}
          </span>
          <span className={css.track}>
            <span
              className={`${css.bar} ${span.style}`}
              style={{ left: share(span.from), width: `max(2px, ${share(span.to - span.from)})` }}
            />
          </span>
          <span className={css.value}>{milliseconds(span.to - span.from)}</span>
        </div>
      ))}
      {messages.length > 0 && (
        <div className={css.line}>
          <span className={css.name}>log lines</span>
          <span className={css.track}>
            {messages.map((line, index) => (
              <span
                key={index}
                className={`${css.mark} ${["severe", "error"].includes(line.level) ? css.bad : ""}`}
                style={{ left: share(Date.parse(line.time) - start) }}
                title={`${line.level}: ${line.message.slice(0, 120)}`}
              />
            ))}
          </span>
          <span className={css.value}>{messages.length}</span>
        </div>
      )}
      <figcaption className="soft small">
        {worker === null
          ? call.implementation && !call.implementation.startsWith("MockService(")
            ? `It failed in custom code, ${call.implementation}; the log lines say how.`
            : "It never reached custom code."
          : `${milliseconds(worker)} in custom code, ${milliseconds(Math.max(0, call.durationMs - worker))} in the platform.`}
      </figcaption>
    </figure>
  );
}

function spansOf(call: Call, start: number): Span[] {
  const from = Math.max(0, Date.parse(call.time) - start);
  const depth = call.rid.split(/[:.]/).length - 1;
  const whole: Span = {
    name: depth === 0 ? "the whole call" : `${call.method} ${call.resource ?? call.path}`,
    from,
    to: from + call.durationMs,
    style: call.status >= 500 ? (css.failed ?? "") : (css.platform ?? ""),
    depth,
  };
  if (call.workerMs === null || depth > 0) return [whole];
  // What the platform takes before and after is not told apart; most of it is before.
  const own = Math.max(0, call.durationMs - call.workerMs);
  return [whole, { name: "custom code", from: from + own, to: from + call.durationMs, style: css.code ?? "", depth: 1 }];
}
