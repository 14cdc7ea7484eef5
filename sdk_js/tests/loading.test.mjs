// How the bundles load, what they hold, and how large they are.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import test from "node:test";
import { fileURLToPath } from "node:url";
import vm from "node:vm";
import { gzipSync } from "node:zlib";
import { LOGIN, namedConfig, record, singleConfig } from "./recorder.mjs";

const require = createRequire(import.meta.url);
const file = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));
const manifest = JSON.parse(readFileSync(file("package.json"), "utf8"));

const SURFACE = [
  "AUTHENTICATION_TYPES", "AUTHORIZATION_TYPES", "AnalyticsEvent", "AuthenticationTypeBasic", "BrowserPlatform",
  "CordovaPlatform", "LOG_LEVEL", "McsError", "MemoryStore", "MobileBackendManager", "NetworkResponse", "Platform",
  "User", "WebStore", "init", "logLevel", "logLevelError", "logLevelInfo", "logLevelVerbose", "mobileBackend",
  "mobileBackendManager",
];

for (const name of ["mcs.js", "mcs.min.js"]) {
  const source = readFileSync(file(`dist/${name}`), "utf8");

  test(`${name} is a CommonJS module`, () => {
    const mcs = require(file(`dist/${name}`));
    assert.deepEqual(Object.keys(mcs).sort(), SURFACE);
    assert.equal(mcs.default, mcs);
    assert.equal(globalThis.mcs, undefined);
  });

  test(`${name} is an anonymous AMD module and sets no global`, () => {
    const defined = [];
    const define = (...args) => defined.push(args);
    define.amd = {};
    const page = vm.createContext({ define });
    vm.runInContext(source, page);
    assert.equal(page.mcs, undefined);
    assert.equal(defined.length, 1);
    const [dependencies, factory] = defined[0];
    assert.equal(dependencies.length, 0);
    assert.deepEqual(Object.keys(factory()).sort(), SURFACE);
  });

  test(`${name} is the global mcs of a page, and works there`, async () => {
    const server = await record(LOGIN);
    try {
      const page = vm.createContext({ fetch, AbortController, setTimeout, clearTimeout, console });
      const before = Object.keys(page);
      vm.runInContext(source, page);
      assert.deepEqual(Object.keys(page).filter((key) => !before.includes(key)), ["mcs"]);
      const backend = page.mcs.mobileBackendManager.returnMobileBackend("synapse", namedConfig(server.baseUrl));
      const response = await backend.setAuthenticationType("basicAuth").authenticateAnonymous();
      assert.equal(response.statusCode, 200);
      assert.equal(server.requests.length, 1);
    } finally {
      await server.close();
    }
  });
}

for (const [where, globals, platform] of [
  ["React Native", { navigator: { product: "ReactNative" } }, "ReactNative"],
  ["a Cordova web view", { cordova: {}, document: {} }, "Cordova"],
  ["a page", { document: {} }, "Javascript"],
]) {
  test(`in ${where}, where little else is there, calls name the platform ${platform}`, async () => {
    const server = await record(LOGIN);
    try {
      const page = vm.createContext({ fetch, AbortController, setTimeout, clearTimeout, console, ...globals });
      vm.runInContext(readFileSync(file("dist/mcs.min.js"), "utf8"), page);
      page.mcs.init(singleConfig(server.baseUrl));
      await page.mcs.mobileBackend.authorization.authenticate("Zoë", "€");
      const { headers } = server.requests[0];
      assert.equal(headers["oracle-mobile-client-sdk-info"], `${platform} ${manifest.version} [Authorization]`);
      assert.equal(headers.authorization, "Basic " + Buffer.from("Zoë:€").toString("base64"));
    } finally {
      await server.close();
    }
  });
}

test("the minified bundle is below 12 kB gzipped", () => {
  assert.ok(gzipSync(readFileSync(file("dist/mcs.min.js"))).length < 12_000);
});

test("the package is an ES module with a default export and named ones", async () => {
  const module = await import("@openmcs/sdk");
  assert.deepEqual(Object.keys(module.default).sort(), SURFACE);
  assert.equal(module.init, module.default.init);
  assert.equal(module.mobileBackendManager, module.default.MobileBackendManager);
});

test("the named export mobileBackend follows init", async () => {
  const module = await import("@openmcs/sdk");
  module.init({ mobileBackend: { name: "b", baseUrl: "http://localhost", authentication: {} } });
  assert.equal(module.mobileBackend.name, "b");
  assert.equal(module.mobileBackend, module.default.mobileBackend);
});

test("the package is a CommonJS module by its name, with a minified file beside", () => {
  assert.equal(require("@openmcs/sdk"), require(file("dist/mcs.js")));
  assert.equal(require("@openmcs/sdk/mcs.min.js"), require(file("dist/mcs.min.js")));
});

test("the package has no dependencies at run time and packs nothing but dist and its papers", () => {
  assert.equal(manifest.dependencies, undefined);
  const packed = JSON.parse(execFileSync("npm", ["pack", "--dry-run", "--json"], { cwd: file("."), stdio: ["ignore", "pipe", "ignore"] }));
  const names = (Array.isArray(packed) ? packed[0] : Object.values(packed)[0]).files.map((entry) => entry.path).sort();
  assert.deepEqual(names, [
    "LICENSE", "README.md", "dist/index.d.mts", "dist/index.d.ts", "dist/mcs.js", "dist/mcs.min.js", "dist/mcs.mjs", "package.json",
  ]);
});

test("the declarations accept right programs of all styles and reject wrong ones", () => {
  execFileSync(process.execPath, [require.resolve("typescript/bin/tsc"), "-p", file("tests/types")], { stdio: "inherit" });
});

test("the bundles carry the version of the package", () => {
  for (const name of ["mcs.js", "mcs.min.js", "mcs.mjs"]) {
    assert.ok(readFileSync(file(`dist/${name}`), "utf8").startsWith(`/*! OpenMCS JavaScript SDK ${manifest.version} `));
  }
});
