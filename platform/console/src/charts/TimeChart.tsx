import { Button } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { useState, type PointerEvent, type ReactNode } from "react";
import css from "./charts.module.css";
import { spread, ticks, timeLabel } from "./scale";

export interface Plot {
  width: number;
  x: (index: number) => number;
  y: (value: number) => number;
  band: number;
  hovered: number | null;
}

export interface Series {
  name: string;
  style: string;
  values: (number | null)[];
}

const TALL = 210;
const LEFT = 48;
const BOTTOM = 22;
const TOP = 6;

/** The frame both charts share: axes, legend with the value under the pointer, and a table of the same numbers. */
export function TimeChart(props: {
  label: string;
  times: string[];
  bucketSeconds: number;
  series: Series[];
  highest: number;
  show: (value: number | null) => string;
  /** The values are numbers of things: whole, and their sum over the period means something. */
  counted?: boolean;
  /** Called with the period that was dragged over. */
  zoom?: ((from: string, to: string) => void) | undefined;
  height?: number | undefined;
  draw: (plot: Plot) => ReactNode;
}) {
  const { times, series, show, zoom } = props;
  const height = props.height ?? TALL;
  const { ref, width } = useElementSize();
  const [hovered, setHovered] = useState<number | null>(null);
  const [asTable, setAsTable] = useState(false);
  const [anchor, setAnchor] = useState<number | null>(null);
  const marks = ticks(props.highest, props.counted ?? false);
  const top = marks[marks.length - 1] ?? 1;
  const band = Math.max(0, width - LEFT) / Math.max(1, times.length);
  const plot: Plot = {
    width,
    band,
    hovered,
    x: (index) => LEFT + band * index,
    y: (value) => height - BOTTOM - (value / top) * (height - BOTTOM - TOP),
  };
  const under = (event: PointerEvent<SVGSVGElement>) =>
    Math.floor((event.clientX - event.currentTarget.getBoundingClientRect().left - LEFT) / band);
  const inside = (index: number) => Math.max(0, Math.min(times.length - 1, index));
  const at = hovered === null ? null : times[hovered];
  const sum = (values: (number | null)[]) => values.reduce<number>((all, value) => all + (value ?? 0), 0);

  return (
    <div className={css.frame}>
      <div className="row">
        <div className={`${css.legend} grow`}>
          {series.map((one) => (
            <span className={css.key} key={one.name}>
              <span className={`${css.swatch} ${one.style}`} />
              {one.name}
              {hovered !== null && <strong>{show(one.values[hovered] ?? null)}</strong>}
              {hovered === null && props.counted && <strong>{show(sum(one.values))}</strong>}
            </span>
          ))}
          {at && <span>{timeLabel(at, props.bucketSeconds)}</span>}
        </div>
        <Button size="compact-xs" variant="subtle" color="gray" onClick={() => setAsTable(!asTable)} aria-pressed={asTable}>
          {asTable ? "Show as chart" : "Show as table"}
        </Button>
      </div>
      <div ref={ref}>
        {asTable ? (
          <NumberTable {...props} />
        ) : (
          <svg
            className={`${css.chart} ${zoom ? css.zoomable : ""}`}
            height={height}
            role="img"
            aria-label={props.label}
            data-zoomable={zoom ? true : undefined}
            onPointerLeave={() => setHovered(null)}
            onPointerMove={(event) => {
              const index = under(event);
              setHovered(index >= 0 && index < times.length ? index : null);
            }}
            onPointerDown={(event) => {
              if (!zoom || event.button !== 0) return;
              event.currentTarget.setPointerCapture(event.pointerId);
              setAnchor(inside(under(event)));
            }}
            onPointerUp={(event) => {
              if (anchor === null) return;
              const end = inside(under(event));
              setAnchor(null);
              const [first, last] = [Math.min(anchor, end), Math.max(anchor, end)];
              if (first !== last) zoom?.(times[first] ?? "", later(times[last] ?? "", props.bucketSeconds));
            }}
            onPointerCancel={() => setAnchor(null)}
          >
            {marks.map((value) => (
              <g key={value}>
                <line className={css.grid} x1={LEFT} x2={width} y1={plot.y(value)} y2={plot.y(value)} />
                <text className={css.axis} x={LEFT - 8} y={plot.y(value) + 4} textAnchor="end">
                  {show(value).replace(".0 ", " ")}
                </text>
              </g>
            ))}
            {spread(times.length, Math.max(2, Math.floor(width / 110))).map((index) => (
              <text
                className={css.axis}
                key={index}
                x={plot.x(index) > width - 90 ? width : plot.x(index)}
                y={height - 5}
                textAnchor={plot.x(index) > width - 90 ? "end" : "start"}
              >
                {timeLabel(times[index] ?? "", props.bucketSeconds)}
              </text>
            ))}
            {hovered !== null && (
              <rect className={css.cursor} x={plot.x(hovered)} y={TOP} width={band} height={height - BOTTOM - TOP} />
            )}
            {anchor !== null && hovered !== null && (
              <rect
                className={css.selection}
                x={plot.x(Math.min(anchor, hovered))}
                y={TOP}
                width={band * (Math.abs(anchor - hovered) + 1)}
                height={height - BOTTOM - TOP}
              />
            )}
            {width > 0 && props.draw(plot)}
          </svg>
        )}
      </div>
    </div>
  );
}

function later(iso: string, seconds: number): string {
  return new Date(new Date(iso).getTime() + seconds * 1000).toISOString();
}

function NumberTable(props: {
  label: string;
  times: string[];
  bucketSeconds: number;
  series: Series[];
  show: (value: number | null) => string;
}) {
  return (
    <div className={css.twin} tabIndex={0}>
      <table className="list">
        <caption className="unseen">{props.label}</caption>
        <thead>
          <tr>
            <th>Time</th>
            {props.series.map((one) => (
              <th key={one.name} className="number">
                {one.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {props.times.map((time, index) => (
            <tr key={time}>
              <td>{timeLabel(time, props.bucketSeconds)}</td>
              {props.series.map((one) => (
                <td key={one.name} className="number">
                  {props.show(one.values[index] ?? null)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
