import { count } from "../api/format";
import type { Bucket } from "../api/types";
import css from "./charts.module.css";
import { TimeChart, type Series } from "./TimeChart";

/** Calls over time, stacked by what became of them. */
export function CallsChart({ series, bucketSeconds }: { series: Bucket[]; bucketSeconds: number }) {
  const stacked: Series[] = [
    { name: "ok", style: css.ok ?? "", values: series.map((one) => one.ok) },
    { name: "4xx", style: css.client ?? "", values: series.map((one) => one.clientErrors) },
    { name: "5xx", style: css.server ?? "", values: series.map((one) => one.serverErrors) },
  ];
  return (
    <TimeChart
      label="Calls over time, by status class"
      times={series.map((one) => one.time)}
      bucketSeconds={bucketSeconds}
      series={stacked}
      highest={Math.max(1, ...series.map((one) => one.ok + one.clientErrors + one.serverErrors))}
      show={(value) => count(value ?? 0)}
      counted
      draw={(plot) =>
        series.map((one, index) => {
          const gap = plot.band > 5 ? 1.5 : 0;
          let below = 0;
          return stacked.map((part) => {
            const value = part.values[index] ?? 0;
            if (!value) return null;
            const bottom = plot.y(below);
            below += value;
            return (
              <rect
                key={one.time + part.name}
                className={part.style}
                x={plot.x(index) + gap / 2}
                y={plot.y(below)}
                width={Math.max(1, plot.band - gap)}
                height={Math.max(1, bottom - plot.y(below))}
                rx={plot.band > 8 ? 1.5 : 0}
              />
            );
          });
        })
      }
    />
  );
}
