import type { Declaration } from "../api/raml";

/** The line breaks that the server counts lines by. */
const BREAK = /\r\n|[\n\r\x85\u2028\u2029]/g;

function starts(text: string): number[] {
  return [0, ...[...text.matchAll(BREAK)].map((found) => found.index + found[0].length)];
}

/** Where a declaration begins and ends in its file. */
function range(text: string, at: Declaration): [number, number] {
  const lines = starts(text);
  const start = (lines[at.line - 1] ?? 0) + at.column;
  const next = lines[at.lastLine];
  const rest = text.slice(lines[at.lastLine - 1] ?? 0, next ?? text.length);
  const end = (lines[at.lastLine - 1] ?? 0) + rest.replace(/(\r\n|[\n\r\x85\u2028\u2029])$/, "").length;
  return [start, Math.max(start, end)];
}

/** A declaration's own lines, moved to the left by as much as its name is indented. */
export function fragment(text: string, at: Declaration): string {
  const [start, end] = range(text, at);
  const indent = " ".repeat(at.column);
  return text
    .slice(start, end)
    .split(BREAK)
    .map((line, index) => (index > 0 && line.startsWith(indent) ? line.slice(at.column) : line))
    .join("\n");
}

/** The file with other lines in the place of the declaration's; every other character stays. */
export function spliced(text: string, at: Declaration, changed: string): string {
  const [start, end] = range(text, at);
  const indent = " ".repeat(at.column);
  const ending = text.match(BREAK)?.[0] ?? "\n";
  const lines = changed.replace(/\s+$/, "").split("\n");
  const moved = lines.map((line, index) => (index > 0 && line.trim() !== "" ? indent + line : line));
  return text.slice(0, start) + moved.join(ending) + text.slice(end);
}
