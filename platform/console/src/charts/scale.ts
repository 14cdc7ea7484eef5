/** The places of an axis: round numbers from zero to at least `highest`; only whole ones where things are counted. */
export function ticks(highest: number, whole: boolean, wanted = 4): number[] {
  if (highest <= 0) return [0, 1];
  const rough = highest / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const fitting = [1, 2, 2.5, 5, 10].map((factor) => factor * power).filter((size) => !whole || Number.isInteger(size));
  const step = fitting.find((size) => size >= rough) ?? 1;
  const found = [];
  for (let value = 0; value < highest + step * 0.999; value += step) found.push(Number(value.toPrecision(10)));
  return found;
}

/** `14:05`, or with the day when the buckets are an hour or longer. */
export function timeLabel(iso: string, bucketSeconds: number): string {
  const time = new Date(iso);
  const clock = `${String(time.getHours()).padStart(2, "0")}:${String(time.getMinutes()).padStart(2, "0")}`;
  if (bucketSeconds < 3600) return bucketSeconds < 60 ? `${clock}:${String(time.getSeconds()).padStart(2, "0")}` : clock;
  return `${time.toLocaleDateString("en", { month: "short", day: "numeric" })} ${clock}`;
}

/** About `wanted` positions spread evenly over `length` buckets. */
export function spread(length: number, wanted: number): number[] {
  if (length === 0) return [];
  const step = Math.max(1, Math.ceil(length / wanted));
  return Array.from({ length: Math.ceil(length / step) }, (_, index) => index * step);
}
