import { milliseconds } from "../api/format";
import type { Bucket } from "../api/types";
import css from "./charts.module.css";
import { TimeChart, type Plot, type Series } from "./TimeChart";

/** Median and 95th percentile of the answer time; a bucket without calls breaks the line. */
export function LatencyChart({ series, bucketSeconds }: { series: Bucket[]; bucketSeconds: number }) {
  const lines: Series[] = [
    { name: "p50", style: css.p50 ?? "", values: series.map((one) => one.p50Ms) },
    { name: "p95", style: css.p95 ?? "", values: series.map((one) => one.p95Ms) },
  ];
  const known = lines.flatMap((line) => line.values).filter((value): value is number => value !== null);
  return (
    <TimeChart
      label="Answer time over time, median and 95th percentile"
      times={series.map((one) => one.time)}
      bucketSeconds={bucketSeconds}
      series={lines}
      highest={Math.max(1, ...known)}
      show={milliseconds}
      draw={(plot) =>
        lines.map((line) => (
          <g key={line.name}>
            <path className={`${line.style} ${css.curve}`} d={curve(line.values, plot)} />
            {line.values.map((value, index) => {
              const alone = (line.values[index - 1] ?? null) === null && (line.values[index + 1] ?? null) === null;
              if (value === null || !(alone || plot.hovered === index)) return null;
              return (
                <circle
                  key={index}
                  className={`${line.style} ${css.dot}`}
                  cx={plot.x(index) + plot.band / 2}
                  cy={plot.y(value)}
                  r={plot.hovered === index ? 4 : 2}
                />
              );
            })}
          </g>
        ))
      }
    />
  );
}

function curve(values: (number | null)[], plot: Plot): string {
  let drawing = false;
  return values
    .map((value, index) => {
      if (value === null) {
        drawing = false;
        return "";
      }
      const step = `${drawing ? "L" : "M"}${(plot.x(index) + plot.band / 2).toFixed(1)} ${plot.y(value).toFixed(1)}`;
      drawing = true;
      return step;
    })
    .join("");
}
