import { milliseconds } from "../api/format";
import css from "./charts.module.css";
import { Lines } from "./Lines";

export interface Latency {
  time: string;
  p50Ms: number | null;
  p95Ms: number | null;
  p99Ms?: number | null;
}

/** Median, 95th and, where known, 99th percentile of the answer time. */
export function LatencyChart(props: { series: Latency[]; bucketSeconds: number; zoom?: (from: string, to: string) => void }) {
  const { series, ...rest } = props;
  const third = series.some((one) => one.p99Ms !== undefined);
  return (
    <Lines
      {...rest}
      label="Answer time over time, percentiles"
      times={series.map((one) => one.time)}
      show={milliseconds}
      series={[
        { name: "p50", style: css.p50 ?? "", values: series.map((one) => one.p50Ms) },
        { name: "p95", style: css.p95 ?? "", values: series.map((one) => one.p95Ms) },
        ...(third ? [{ name: "p99", style: css.p99 ?? "", values: series.map((one) => one.p99Ms ?? null) }] : []),
      ]}
    />
  );
}
