import css from "./charts.module.css";
import { StackedBars } from "./StackedBars";

export interface Classes {
  time: string;
  ok: number;
  redirects?: number;
  clientErrors: number;
  serverErrors: number;
}

/** Calls over time, stacked by what became of them. */
export function CallsChart(props: {
  series: Classes[];
  bucketSeconds: number;
  zoom?: (from: string, to: string) => void;
  height?: number;
}) {
  const { series, ...rest } = props;
  return (
    <StackedBars
      {...rest}
      label="Calls over time, by status class"
      times={series.map((one) => one.time)}
      series={[
        { name: "ok", style: css.ok ?? "", values: series.map((one) => one.ok + (one.redirects ?? 0)) },
        { name: "4xx", style: css.client ?? "", values: series.map((one) => one.clientErrors) },
        { name: "5xx", style: css.server ?? "", values: series.map((one) => one.serverErrors) },
      ]}
    />
  );
}
