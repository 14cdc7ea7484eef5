import css from "./charts.module.css";
import { TimeChart, type Plot, type Series } from "./TimeChart";

/** Values over time as lines; an interval without a value breaks its line. */
export function Lines(props: {
  label: string;
  times: string[];
  bucketSeconds: number;
  series: Series[];
  show: (value: number | null) => string;
  zoom?: (from: string, to: string) => void;
}) {
  const known = props.series.flatMap((line) => line.values).filter((value): value is number => value !== null);
  return (
    <TimeChart
      {...props}
      highest={Math.max(1, ...known)}
      draw={(plot) =>
        props.series.map((line) => (
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
