// The package as an app gets it: packed, installed from the tarball, and used by its name.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

test("the tarball installs without a network and works as CommonJS, ES module and types", () => {
  const folder = mkdtempSync(join(tmpdir(), "openmcs-app-"));
  const run = (command, ...args) => execFileSync(command, args, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  try {
    execFileSync("npm", ["pack", "--silent", "--pack-destination", folder], { cwd: root });
    const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    const tarball = `openmcs-sdk-${manifest.version}.tgz`;
    writeFileSync(join(folder, "package.json"), '{"name": "app", "private": true}');
    run("npm", "install", "--silent", "--offline", "--no-audit", "--no-fund", `./${tarball}`);
    const init = 'mcs.init({ mobileBackend: { name: "b", baseUrl: "http://localhost", authentication: {} } });';
    const show = "console.log(mcs.mobileBackend.name, typeof mcs.mobileBackend.analytics.flush);";
    writeFileSync(join(folder, "app.cjs"), `const mcs = require("@openmcs/sdk"); ${init} ${show}`);
    writeFileSync(join(folder, "app.mjs"), `import mcs from "@openmcs/sdk"; ${init} ${show}`);
    assert.equal(run(process.execPath, "app.cjs"), "b function\n");
    assert.equal(run(process.execPath, "app.mjs"), "b function\n");
    writeFileSync(join(folder, "app.mts"), `import mcs, { type Store } from "@openmcs/sdk";
      const store: Store = new mcs.WebStore(sessionStorage);
      mcs.init({ store, mobileBackend: { name: "b", baseUrl: "http://localhost", authentication: {} } });`);
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    const compilerOptions = { noEmit: true, strict: true, module: "node16", target: "es2022", lib: ["es2022", "dom"], types: [] };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["app.mts"] }));
    run(process.execPath, tsc, "-p", ".");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
