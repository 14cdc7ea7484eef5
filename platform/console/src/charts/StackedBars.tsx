import { count } from "../api/format";
import { TimeChart, type Series } from "./TimeChart";

/** Numbers of things over time, on top of one another; dragging over it chooses a period. */
export function StackedBars(props: {
  label: string;
  times: string[];
  bucketSeconds: number;
  series: Series[];
  zoom?: (from: string, to: string) => void;
  height?: number;
}) {
  const { series, times } = props;
  const heights = times.map((_, index) => series.reduce((all, one) => all + (one.values[index] ?? 0), 0));
  return (
    <TimeChart
      {...props}
      highest={Math.max(1, ...heights)}
      show={(value) => count(value ?? 0)}
      counted
      draw={(plot) =>
        times.map((time, index) => {
          const gap = plot.band > 5 ? 1.5 : 0;
          let below = 0;
          return series.map((part) => {
            const value = part.values[index] ?? 0;
            if (!value) return null;
            const bottom = plot.y(below);
            below += value;
            return (
              <rect
                key={time + part.name}
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
