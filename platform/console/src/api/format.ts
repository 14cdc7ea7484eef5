/** Numbers and times as people read them. */

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

export function count(value: number): string {
  return value >= 100_000 ? short.format(value) : whole.format(value);
}

export function percent(share: number): string {
  const value = share * 100;
  return `${value === 0 ? "0" : value < 10 ? value.toFixed(value < 1 ? 2 : 1) : value.toFixed(0)} %`;
}

export function milliseconds(value: number | null | undefined): string {
  if (value === null || value === undefined) return "–";
  if (value >= 10_000) return `${(value / 1000).toFixed(1)} s`;
  return `${value < 10 ? value.toFixed(1) : whole.format(value)} ms`;
}

export function bytes(value: number | null | undefined): string {
  if (value === null || value === undefined) return "–";
  if (value < 1024) return `${value} B`;
  if (value < 1024 * 1024) return `${(value / 1024).toFixed(1)} kB`;
  return `${(value / 1024 / 1024).toFixed(1)} MB`;
}

function two(value: number, digits = 2): string {
  return String(value).padStart(digits, "0");
}

/** `14:03:07.512` in the reader's own time zone. */
export function clock(iso: string): string {
  const time = new Date(iso);
  return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}.${two(time.getMilliseconds(), 3)}`;
}

export function day(iso: string): string {
  return new Date(iso).toLocaleDateString("en", { month: "short", day: "numeric" });
}

/** The day too, when it is not today. */
export function moment(iso: string): string {
  const today = new Date().toDateString() === new Date(iso).toDateString();
  return today ? clock(iso) : `${day(iso)} ${clock(iso).slice(0, 8)}`;
}

export function fullTime(iso: string): string {
  return iso ? new Date(iso).toLocaleString("en", { dateStyle: "medium", timeStyle: "medium" }) : "–";
}

/** A place in a file, as editors write it: `synapse.py:12:9`. */
export function place(at: { file?: string | null; line?: number | null; column?: number | null }): string {
  return [at.file, at.line, at.column].filter((part) => part !== null && part !== undefined && part !== "").join(":");
}

export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
