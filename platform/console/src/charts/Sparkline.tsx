import css from "./charts.module.css";

/** A row's calls over time without axes; the numbers beside it say the same in words. */
export function Sparkline({ values, width = 120, height = 26 }: { values: number[]; width?: number; height?: number }) {
  const top = Math.max(1, ...values);
  const step = width / Math.max(1, values.length - 1);
  const points = values.map((value, index) => `${(index * step).toFixed(1)} ${(height - (value / top) * (height - 2)).toFixed(1)}`);
  if (points.length < 2) return null;
  return (
    <svg width={width} height={height} className={css.spark} aria-hidden="true">
      <path d={`M0 ${height}L${points.join("L")}L${width} ${height}`} stroke="none" />
      <path d={`M${points.join("L")}`} fill="none" />
    </svg>
  );
}
