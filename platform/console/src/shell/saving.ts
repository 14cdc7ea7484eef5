/** Files made in the page: a table as CSV or JSON. */

export interface Field<T> {
  head: string;
  text: (row: T) => string | number | boolean | null | undefined;
}

/** RFC 4180; what a spreadsheet would take for a formula begins with an apostrophe. */
export function csv<T>(fields: Field<T>[], rows: T[]): string {
  const cell = (value: string | number | boolean | null | undefined) => {
    const text = value === null || value === undefined ? "" : String(value);
    const safe = typeof value === "string" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  const lines = [fields.map((field) => cell(field.head)), ...rows.map((row) => fields.map((field) => cell(field.text(row))))];
  return lines.map((line) => line.join(",")).join("\r\n") + "\r\n";
}

export function save(name: string, type: string, text: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
