// Joins the declaration files of the modules into one.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const IMPORT = /^import [^;]*;\n/gm;
const EXPORT_FROM = /^export type (\{[^}]*\}) from "[^"]*";$/gm;

/**
 * The declarations of `folder` as one module that exports what `index.d.ts` exports.
 *
 * The names of all modules must differ, which the type check of the result proves.
 */
export function bundleDeclarations(folder) {
  const modules = readdirSync(folder).filter((name) => name.endsWith(".d.ts") && name !== "index.d.ts");
  const inner = modules.sort().map((name) => {
    const text = readFileSync(join(folder, name), "utf8");
    // Only what the index exports is public.
    return text.replace(IMPORT, "").replace(/^export \{\};\n/gm, "").replace(/^export /gm, "");
  });
  const index = readFileSync(join(folder, "index.d.ts"), "utf8");
  const surface = index.replace(IMPORT, "").replace(EXPORT_FROM, "export type $1;");
  // The modules' declarations need "declare" now that "export" is gone; interfaces and types do not.
  return inner.join("").replace(/^(class|const|function|let) /gm, "declare $1 ") + surface;
}
