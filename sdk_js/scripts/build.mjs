// Makes dist/: the UMD bundle (plain and minified), the ES module, and one declaration file for each of both.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { bundleDeclarations } from "./declarations.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const dist = join(root, "dist");
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
const notice = `/*! OpenMCS JavaScript SDK ${version} | Apache-2.0 */`;

const common = {
  entryPoints: [join(root, "src/index.ts")],
  bundle: true,
  platform: "neutral",
  target: "es2017",
  charset: "ascii",
  define: { SDK_VERSION: JSON.stringify(version) },
  legalComments: "none",
  logLevel: "warning",
};

// CommonJS before AMD, as the older SDKs have it; under AMD there is no global.
const umd = {
  format: "iife",
  globalName: "openmcs",
  banner: {
    js: `${notice}
(function(root,factory){"use strict";
if(typeof module==="object"&&module.exports){module.exports=factory();}
else if(typeof define==="function"&&define.amd){define([],factory);}
else{root.mcs=factory();}
})(typeof globalThis!=="undefined"?globalThis:typeof self!=="undefined"?self:this,function(){"use strict";`,
  },
  // "default" lets a transpiled "import mcs from" reach the same object as "require".
  footer: {
    js: `var mcs=openmcs.default;
Object.defineProperty(mcs,"__esModule",{value:true});
Object.defineProperty(mcs,"default",{value:mcs});
return mcs;});`,
  },
};

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist);
await build({ ...common, ...umd, outfile: join(dist, "mcs.js") });
await build({ ...common, ...umd, minify: true, outfile: join(dist, "mcs.min.js") });
await build({ ...common, format: "esm", banner: { js: notice }, outfile: join(dist, "mcs.mjs") });

const declarations = mkdtempSync(join(tmpdir(), "openmcs-sdk-"));
try {
  execFileSync(process.execPath, [tsc, "-p", root, "--declaration", "--emitDeclarationOnly", "--outDir", declarations], {
    stdio: "inherit",
  });
  const text = `${notice}\n${bundleDeclarations(declarations)}`;
  writeFileSync(join(dist, "index.d.mts"), text);
  writeFileSync(join(dist, "index.d.ts"), `${text}export as namespace mcs;\n`);
} finally {
  rmSync(declarations, { recursive: true });
}
