/** `Name: value` lines, as headers and parameters are written. */

export function pairs(text: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [index, line] of text.split("\n").entries()) {
    if (!line.trim()) continue;
    const at = line.indexOf(":");
    const name = line.slice(0, at).trim();
    if (at < 1 || !name) throw new Error(`Line ${index + 1}, ${line.trim()}: write it as name: value.`);
    if (name in found) throw new Error(`Line ${index + 1}: ${name} is there twice.`);
    found[name] = line.slice(at + 1).trim();
  }
  return found;
}

export function written(values: Record<string, string>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}: ${value}`)
    .join("\n");
}
