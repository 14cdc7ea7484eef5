import { Link } from "wouter";
import { clock, fullTime, moment, place } from "../api/format";
import type { LogLine } from "../api/types";
import { LevelTag } from "../shell/parts";
import css from "./RequestDetail.module.css";

const TONE: Record<string, string | undefined> = {
  severe: css.severe,
  critical: css.severe,
  error: css.severe,
  warning: css.warning,
};

/** Log lines as they were written: level, time, place in the code, and the text with its traceback. */
export function LogLines({ lines, linked }: { lines: LogLine[]; linked?: boolean }) {
  return (
    <div className={css.lines}>
      {lines.map((line, index) => (
        <div
          key={`${line.time} ${index}`}
          className={`${css.line} ${TONE[line.level.toLowerCase()] ?? ""}`}
          data-testid="log-line"
          data-level={line.level}
        >
          <LevelTag level={line.level} />
          <span className="mono soft" title={fullTime(line.time)}>
            {linked ? moment(line.time) : clock(line.time)}
          </span>
          <span className={`mono soft ${css.place}`}>
            {linked && line.ecid && (
              <>
                {[line.backend, line.api].filter(Boolean).join(" · ")} <Link href={`/requests?open=${line.ecid}`}>request</Link>{" "}
              </>
            )}
            {place(line)}
          </span>
          <pre className={css.message}>{line.message}</pre>
        </div>
      ))}
    </div>
  );
}
