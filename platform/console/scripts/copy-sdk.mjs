// Puts the built JavaScript SDK beside the console, so that the platform serves both from one folder.
import { copyFileSync, existsSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const source = join(here, "..", "..", "..", "sdk_js", "dist");
const target = join(here, "..", "..", "openmcs", "console", "static", "sdk");

for (const name of ["mcs.js", "mcs.min.js", "mcs.mjs", "index.d.ts"]) {
  const file = join(source, name);
  if (existsSync(file)) {
    mkdirSync(target, { recursive: true });
    copyFileSync(file, join(target, name));
  }
}
