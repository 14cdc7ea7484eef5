// The newer surface: one backend, promises; and what is common to both: limits, failures, the console.
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import mcs from "@openmcs/sdk";
import { LOGIN, record, singleConfig } from "./recorder.mjs";

let server;

beforeEach(async () => {
  server = await record({
    ...LOGIN,
    "GET /mobile/platform/appconfig/client": { body: { color: "blue" } },
    "GET /mobile/custom/a": { body: [1] },
    "GET /mobile/custom/late": { body: [2], after: 30 },
    "GET /mobile/custom/slow": { hang: true },
  });
  mcs.init(singleConfig(server.baseUrl));
});
afterEach(() => server.close());

const call = (path, options) => mcs.mobileBackend.customCode.invokeCustomCodeJSONRequest(path, "GET", null, options);

test("init selects the authentication type of the configuration", () => {
  assert.equal(mcs.mobileBackend.name, "synapse");
  assert.equal(mcs.mobileBackend.getAuthenticationType(), mcs.AUTHENTICATION_TYPES.basic);
  assert.equal(mcs.mobileBackend.setAuthenticationType("basic"), mcs.mobileBackend.authorization);
});

test("init without a type leaves the choice to the app", () => {
  const config = singleConfig(server.baseUrl);
  delete config.mobileBackend.authentication.type;
  mcs.init(config);
  assert.equal(mcs.mobileBackend.authorization, undefined);
});

test("init throws for an incomplete configuration and keeps the backend it had", () => {
  const before = mcs.mobileBackend;
  assert.throws(() => mcs.init({}), /mobileBackend/);
  assert.throws(() => mcs.init({ mobileBackend: { name: "x", baseUrl: "http://localhost" } }), /authentication/);
  const config = singleConfig(server.baseUrl);
  config.mobileBackend.authentication.type = "oauth";
  assert.throws(() => mcs.init(config), /"oauth" is not supported/);
  assert.throws(
    () => mcs.init({ mobileBackend: { name: "x", baseUrl: "http://localhost", authentication: { type: "basic" } } }),
    /authentication\.basic/,
  );
  assert.equal(mcs.mobileBackend, before);
});

test("a login and a call work with promises, without an application key", async () => {
  const login = await mcs.mobileBackend.authorization.authenticate("ada", "pw");
  assert.deepEqual([login.statusCode, login.data], [200, { username: "ada" }]);
  assert.deepEqual((await call("a")).data, [1]);
  const { headers } = server.requests.at(-1);
  assert.equal(headers.authorization, "Basic " + Buffer.from("ada:pw").toString("base64"));
  assert.equal(headers["oracle-mobile-backend-id"], "backend-1");
  assert.equal(headers["oracle-mobile-application-key"], undefined);
});

test("loadAppConfig before a login sends the anonymous credentials with that call alone", async () => {
  assert.deepEqual((await mcs.mobileBackend.loadAppConfig()).data, { color: "blue" });
  assert.equal(server.requests.length, 1);
  assert.equal(server.requests[0].headers.authorization, "Basic YW5vbjpzZWNyZXQ=");
  assert.equal(mcs.mobileBackend.authorization.isAuthorized, false);
  await mcs.mobileBackend.authorization.authenticate("ada", "pw");
  await mcs.mobileBackend.appConfig.loadAppConfig();
  assert.equal(server.requests.at(-1).headers.authorization, "Basic " + Buffer.from("ada:pw").toString("base64"));
});

test("a server that cannot be reached is status 0 with null", async () => {
  const gone = await record();
  mcs.init(singleConfig(gone.baseUrl));
  await gone.close();
  await assert.rejects(call("a"), (error) => {
    assert.deepEqual([error.name, error.statusCode, error.data, error.headers], ["McsError", 0, null, {}]);
    assert.ok(error.cause);
    return true;
  });
});

test("a call fails with status 0 after its timeout, or the configuration's", async () => {
  await assert.rejects(call("slow", { timeout: 30 }), (error) => {
    assert.deepEqual([error.statusCode, error.data, error.cause.name], [0, null, "TimeoutError"]);
    assert.match(error.message, /30 ms/);
    return true;
  });
  mcs.init(singleConfig(server.baseUrl, { timeout: 40 }));
  await assert.rejects(call("slow"), /40 ms/);
  await assert.rejects(call("slow", { timeout: undefined }), /40 ms/);
});

test("no limit is no limit, however it is written", async () => {
  for (const timeout of [0, Infinity, 2 ** 40]) assert.deepEqual((await call("late", { timeout })).data, [2]);
});

test("the timeout holds for the body too", async () => {
  const { createServer } = await import("node:http");
  const stalling = createServer((_request, response) => response.writeHead(200, { "Content-Type": "application/json" }).write("["));
  await new Promise((resolve) => stalling.listen(0, "127.0.0.1", resolve));
  try {
    mcs.init(singleConfig(`http://127.0.0.1:${stalling.address().port}`));
    await assert.rejects(call("a", { timeout: 50 }), { statusCode: 0 });
  } finally {
    stalling.closeAllConnections();
    await new Promise((resolve) => stalling.close(resolve));
  }
});

test("a signal aborts a call under way, and one that is aborted already sends nothing", async () => {
  const controller = new AbortController();
  const pending = call("slow", { signal: controller.signal });
  setTimeout(() => controller.abort(), 20);
  await assert.rejects(pending, (error) => {
    assert.deepEqual([error.statusCode, error.data, error.cause.name], [0, null, "AbortError"]);
    return true;
  });
  const sent = server.requests.length;
  await assert.rejects(call("a", { signal: AbortSignal.abort() }), { statusCode: 0 });
  assert.equal(server.requests.length, sent);
});

test("options follow the callbacks too", async () => {
  let seen;
  const ignored = () => assert.fail();
  const keep = (...args) => (seen = args);
  await mcs.mobileBackend.customCode.invokeCustomCodeJSONRequest("slow", "GET", null, ignored, keep, { timeout: 20 });
  assert.deepEqual(seen, [0, null]);
});

test("the console shows requests when logHTTP says so, and never the credentials", async (t) => {
  const lines = [];
  for (const method of ["log", "info", "error"]) t.mock.method(console, method, (...args) => lines.push(args.join(" ")));
  mcs.init(singleConfig(server.baseUrl));
  await call("a");
  await call("nowhere").catch(() => {});
  assert.deepEqual(lines, []);
  mcs.init(singleConfig(server.baseUrl, { logHTTP: true, logLevel: mcs.LOG_LEVEL.ERROR }));
  await mcs.mobileBackend.authorization.authenticate("ada", "open-sesame");
  await call("nowhere").catch(() => {});
  assert.equal(lines.length, 2);
  assert.match(lines[0], /GET .*users\/login: 200/);
  assert.match(lines[1], /nowhere: 404/);
  const secrets = ["open-sesame", Buffer.from("ada:open-sesame").toString("base64"), "YW5vbjpzZWNyZXQ="];
  for (const secret of secrets) assert.ok(!lines.join("\n").includes(secret));
});
