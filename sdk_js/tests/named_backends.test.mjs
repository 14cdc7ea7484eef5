// The older surface: named backends, callbacks and promises.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { afterEach, beforeEach, test } from "node:test";
import { LOGIN, namedConfig, record } from "./recorder.mjs";

const mcs = createRequire(import.meta.url)("@openmcs/sdk");
const EVENTS = [{ id: "e1", name: "Flood" }];
const ANSWERS = {
  ...LOGIN,
  "GET /mobile/platform/users/~": { body: { id: "7", username: "ada", firstName: "Ada", lastName: "L", email: "a@b", links: [], team: "x" } },
  "GET /mobile/platform/appconfig/client": { body: { color: "blue" } },
  "GET /mobile/custom/synapse/event/info/all": { body: EVENTS, headers: { "X-Total": "1" } },
  "POST /mobile/custom/synapse/event": { status: 201, body: { id: "e2" } },
  "DELETE /mobile/custom/synapse/event/e2": { status: 204 },
};
let server;
let backend;

beforeEach(async () => {
  server = await record(ANSWERS);
  mcs.mobileBackendManager.platform = new mcs.BrowserPlatform();
  backend = mcs.mobileBackendManager.returnMobileBackend("synapse", namedConfig(server.baseUrl));
});
afterEach(() => server.close());

/** Calls `start(ok, err)` and resolves with the name and arguments of the callback that ran. */
function outcome(start) {
  return new Promise((resolve) => {
    start((...args) => resolve(["ok", ...args]), (...args) => resolve(["err", ...args]));
  });
}

test("the manager has two names and the platform classes say what they are", () => {
  assert.equal(mcs.mobileBackendManager, mcs.MobileBackendManager);
  assert.equal(new mcs.BrowserPlatform().isBrowser, true);
  assert.equal(new mcs.BrowserPlatform().isCordova, false);
  assert.equal(new mcs.CordovaPlatform().isCordova, true);
});

test("a backend is cached, blanks in its name do not count, and an unknown one is null", () => {
  const manager = mcs.mobileBackendManager;
  assert.equal(manager.getMobileBackend("synapse"), backend);
  assert.equal(manager.getMobileBackend(" syn apse "), backend);
  assert.equal(backend.name, "synapse");
  assert.equal(manager.getMobileBackend("other"), null);
  assert.equal(manager.getMobileBackend("toString"), null);
});

test("a name with blanks in the configuration is found too", () => {
  const config = namedConfig(server.baseUrl);
  config.mobileBackends = { "My Backend": config.mobileBackends.synapse };
  assert.equal(mcs.mobileBackendManager.returnMobileBackend("My Backend", config).name, "MyBackend");
});

test("setConfig makes new backends", () => {
  mcs.mobileBackendManager.setConfig(namedConfig(server.baseUrl));
  assert.notEqual(mcs.mobileBackendManager.getMobileBackend("synapse"), backend);
});

test("an incomplete configuration is named in the error", () => {
  assert.throws(() => mcs.mobileBackendManager.setConfig({}), /mobileBackends/);
  const config = namedConfig("");
  assert.throws(() => mcs.mobileBackendManager.returnMobileBackend("synapse", config), /"synapse".*baseUrl/);
  config.mobileBackends.synapse = { baseUrl: "http://localhost" };
  assert.throws(() => mcs.mobileBackendManager.returnMobileBackend("synapse", config), /authorization/);
});

test("setAuthenticationType throws and names the section that lacks, or the type that is not supported", () => {
  const config = namedConfig(server.baseUrl);
  config.mobileBackends.synapse.authorization = {};
  const bare = mcs.mobileBackendManager.returnMobileBackend("synapse", config);
  assert.throws(() => bare.setAuthenticationType("basicAuth"), /authorization\.basicAuth/);
  assert.throws(() => backend.setAuthenticationType("oAuth"), /"oAuth" is not supported/);
  config.mobileBackends.synapse.authorization = { basicAuth: {} };
  const anonymous = mcs.mobileBackendManager.returnMobileBackend("synapse", config);
  assert.throws(() => anonymous.setAuthenticationType("basicAuth"), /authorization\.basicAuth\.backendId/);
});

test("setAuthenticationType gives the authorization, under both spellings", () => {
  assert.equal(backend.Authorization, undefined);
  assert.equal(backend.getAuthenticationType(), undefined);
  const authorization = backend.setAuthenticationType("basicAuth");
  assert.equal(backend.Authorization, authorization);
  assert.equal(backend.authorization, authorization);
  assert.equal(backend.getAuthenticationType(), "basicAuth");
  for (const service of ["customCode", "diagnostics", "appConfig"]) {
    assert.equal(backend[service[0].toUpperCase() + service.slice(1)], backend[service]);
  }
});

test("an anonymous login is one GET with the token of the configuration and without diagnostics", async () => {
  const authorization = backend.setAuthenticationType("basicAuth");
  assert.equal(authorization.isAuthorized, false);
  const told = await outcome((ok, err) => authorization.authenticateAnonymous(ok, err));
  assert.deepEqual(told, ["ok", 200, { username: "ada" }]);
  assert.equal(authorization.isAuthorized, true);
  assert.equal(authorization.isTokenValid(), true);
  assert.equal(authorization.getAuthorizedUserName(), null);
  assert.equal(authorization.getAccessToken(), "YW5vbjpzZWNyZXQ=");
  assert.equal(server.requests.length, 1);
  const [login] = server.requests;
  assert.equal(`${login.method} ${login.url}`, "GET /mobile/platform/users/login");
  assert.equal(login.headers.authorization, "Basic YW5vbjpzZWNyZXQ=");
  assert.equal(login.headers["oracle-mobile-backend-id"], "backend-1");
  assert.equal(login.headers["oracle-mobile-application-key"], "app-key");
  assert.match(login.headers["oracle-mobile-client-sdk-info"], /^Javascript \d+\.\d+\.\d+ \[Authorization\]$/);
  const own = Object.keys(login.headers).filter((name) => name.startsWith("oracle-"));
  assert.equal(own.length, 3);
});

test("credentials go out as base64 of UTF-8", async () => {
  const authorization = backend.setAuthenticationType("basicAuth");
  for (const [name, password] of [["ada", "s"], ["zoë", "pässwörd"], ["日本", "🔑 key"], ["ab", "c:d"], ["x", "\ud83d\udc00\udc00"]]) {
    await authorization.authenticate(name, password);
    const sent = server.requests.at(-1).headers.authorization.replace("Basic ", "");
    assert.equal(sent, Buffer.from(`${name}:${password}`, "utf8").toString("base64"));
    assert.equal(authorization.getAuthorizedUserName(), name);
  }
});

test("an empty name or password fails with 400 and no request", async () => {
  const authorization = backend.setAuthenticationType("basicAuth");
  for (const [name, password] of [["", "x"], ["x", ""], [undefined, undefined]]) {
    const [which, status, data] = await outcome((ok, err) => authorization.authenticate(name, password, ok, err));
    assert.deepEqual([which, status, data], ["err", 400, "Bad Request"]);
    await assert.rejects(authorization.authenticate(name, password), { name: "McsError", statusCode: 400 });
  }
  assert.equal(server.requests.length, 0);
});

test("anonymous login without a token in the configuration fails with 400 and no request", async () => {
  const config = namedConfig(server.baseUrl);
  delete config.mobileBackends.synapse.authorization.basicAuth.anonymousToken;
  const authorization = mcs.mobileBackendManager.returnMobileBackend("synapse", config).setAuthenticationType("basicAuth");
  await assert.rejects(authorization.authenticateAnonymous(), { statusCode: 400 });
  assert.equal(server.requests.length, 0);
});

test("after a refused login nobody is logged in", async () => {
  const refusing = await record({ "GET /mobile/platform/users/login": { status: 401, body: { title: "Unauthorized" } } });
  try {
    const other = mcs.mobileBackendManager.returnMobileBackend("synapse", namedConfig(refusing.baseUrl));
    const authorization = other.setAuthenticationType("basicAuth");
    const promise = authorization.authenticate("ada", "wrong", null, () => {});
    assert.equal(await promise, undefined);
    assert.equal(authorization.isAuthorized, false);
    assert.equal(authorization.getAccessToken(), null);
    await assert.rejects(authorization.authenticate("ada", "wrong"), (error) => {
      assert.ok(error instanceof mcs.McsError && error instanceof Error);
      assert.equal(error.statusCode, 401);
      assert.deepEqual(error.data, { title: "Unauthorized" });
      assert.equal(error.headers["content-type"], "application/json");
      assert.match(error.message, /users\/login: 401 Unauthorized/);
      return true;
    });
  } finally {
    await refusing.close();
  }
});

test("logout sends nothing, and forgets the credentials and a login under way", async () => {
  const authorization = backend.setAuthenticationType("basicAuth");
  await authorization.authenticate("ada", "pw");
  authorization.logout();
  assert.equal(authorization.isAuthorized, false);
  assert.equal(server.requests.length, 1);
  const pending = authorization.authenticate("ada", "pw");
  authorization.logout();
  await pending;
  assert.equal(authorization.isAuthorized, false);
  await backend.CustomCode.invokeCustomCodeJSONRequest("synapse/event/info/all", "GET");
  assert.equal(server.requests.at(-1).headers.authorization, undefined);
});

test("the authorization tells an anonymous user, a named one and nobody apart", async () => {
  const authorization = backend.setAuthenticationType("basicAuth");
  const state = () => [authorization.getIsAuthorized(), authorization.getIsAnonymous(), authorization.authorizedUserName];
  assert.deepEqual(state(), [false, false, null]);
  await authorization.authenticateAnonymous();
  assert.deepEqual(state(), [true, true, null]);
  await authorization.authenticate("ada", "pw");
  assert.deepEqual(state(), [true, false, "ada"]);
});

test("of overlapping logins the latest counts", async () => {
  const authorization = backend.setAuthenticationType("basicAuth");
  await Promise.all([authorization.authenticate("first", "pw"), authorization.authenticate("second", "pw")]);
  assert.equal(authorization.getAuthorizedUserName(), "second");
});

test("a custom API call carries every header, in the protocol's spelling, and nothing else of ours", async () => {
  await backend.setAuthenticationType("basicAuth").authenticateAnonymous();
  await backend.CustomCode.invokeCustomCodeJSONRequest("synapse/event/info/all", "GET", null);
  const call = server.requests.at(-1);
  assert.equal(`${call.method} ${call.url}`, "GET /mobile/custom/synapse/event/info/all");
  assert.equal(call.headers["content-type"], "application/json");
  assert.equal(call.body, "");
  const names = call.raw.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
  for (const junk of ["_keys", "_values", "cookie"]) assert.ok(!names.includes(junk));
  assert.equal(call.headers["oracle-mobile-diagnostic-session-id"], backend.Diagnostics.getSessionId());
  assert.equal(call.headers["oracle-mobile-device-id"], mcs.mobileBackendManager.platform.getDeviceId());
  assert.match(call.headers["oracle-mobile-device-id"], /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.match(call.headers["oracle-mobile-client-request-time"], /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.match(call.headers["oracle-mobile-client-sdk-info"], /\[CustomCode\]$/);
  const spelled = Object.keys(backend.getHttpHeaders("CustomCode"));
  assert.deepEqual(spelled.sort(), [
    "Authorization", "Oracle-Mobile-Application-Key", "Oracle-Mobile-Backend-Id", "Oracle-Mobile-CLIENT-REQUEST-TIME",
    "Oracle-Mobile-Client-SDK-Info", "Oracle-Mobile-DEVICE-ID", "Oracle-Mobile-DIAGNOSTIC-SESSION-ID",
  ]);
});

test("a call gives the same to the callback and to the promise", async () => {
  let seen;
  const response = await backend.CustomCode.invokeCustomCodeJSONRequest("synapse/event/info/all", "GET", null, (...args) => {
    seen = args;
  });
  assert.deepEqual(seen, [200, EVENTS, response.headers]);
  assert.deepEqual(response.data, EVENTS);
  assert.equal(response.statusCode, 200);
  assert.equal(response.headers["x-total"], "1");
});

test("a failure with an error callback resolves with undefined, without one it rejects", async () => {
  let seen;
  const call = (...callbacks) => backend.CustomCode.invokeCustomCodeJSONRequest("nowhere", "GET", null, ...callbacks);
  assert.equal(await call(() => assert.fail(), (...args) => (seen = args)), undefined);
  assert.equal(seen[0], 404);
  assert.equal(seen[1].detail, "nothing here");
  assert.equal(seen.length, 2);
  await assert.rejects(call(() => assert.fail()), { statusCode: 404 });
  await assert.rejects(call(), { statusCode: 404 });
});

test("callbacks are told what they always were: headers for custom code alone", async () => {
  const authorization = backend.setAuthenticationType("basicAuth");
  const { CustomCode } = backend;
  const calls = {
    authenticate: (...callbacks) => authorization.authenticate("ada", "secret", ...callbacks),
    authenticateAnonymous: (...callbacks) => authorization.authenticateAnonymous(...callbacks),
    getCurrentUser: (...callbacks) => authorization.getCurrentUser(...callbacks),
    refreshToken: (...callbacks) => authorization.refreshToken(...callbacks),
    loadAppConfig: (...callbacks) => backend.loadAppConfig(...callbacks),
    callCustomCode: (...callbacks) => CustomCode.callCustomCode("synapse/event/info/all", "GET", null, ...callbacks),
    invokeCustomCodeJSONRequest: (...callbacks) =>
      CustomCode.invokeCustomCodeJSONRequest("synapse/event/info/all", "GET", null, ...callbacks),
    invokeCustomCodeStoreData: (...callbacks) => CustomCode.invokeCustomCodeStoreData("synapse/event", { a: 1 }, ...callbacks),
  };
  const told = {};
  for (const [name, call] of Object.entries(calls)) told[name] = (await outcome(call)).length - 1;
  assert.deepEqual(told, {
    authenticate: 2, authenticateAnonymous: 2, getCurrentUser: 2, refreshToken: 2, loadAppConfig: 2, callCustomCode: 2,
    invokeCustomCodeJSONRequest: 3, invokeCustomCodeStoreData: 1,
  });
});

test("the earliest SDK's posts tell SUCCESS or FAILURE", async () => {
  const post = (path) => outcome((ok, err) => backend.CustomCode.invokeCustomCodeStoreData(path, { a: 1 }, ok, err));
  assert.deepEqual(await post("synapse/event"), ["ok", "SUCCESS"]);
  assert.deepEqual(await post("nowhere"), ["err", "FAILURE"]);
  assert.equal(server.requests[0].body, '{"a":1}');
});

test("an app that sends through the platform object itself is called back, too", async () => {
  const { platform } = mcs.mobileBackendManager;
  platform.setDeviceState({ gpsLocation: { latitude: 1, longitude: 2 } });
  assert.deepEqual(platform.getGPSLocation(), { latitude: 1, longitude: 2 });
  platform.setDeviceState(null);
  assert.equal(platform.getGPSLocation(), null);
  const request = { method: "POST", url: backend.getCustomCodeUrl("synapse/event"), headers: backend.getHttpHeaders(), body: '{"a":1}' };
  const [which, xhr, data] = await outcome((success, error) => platform.invokeService({ ...request, success, error }));
  assert.deepEqual([which, xhr.status, xhr.getResponseHeader("Content-Type"), data], ["ok", 201, "application/json", { id: "e2" }]);
  assert.equal(server.requests[0].body, '{"a":1}');
  const url = backend.getCustomCodeUrl("nowhere");
  const refused = await outcome((success, error) => platform.invokeService({ ...request, url, success, error }));
  assert.deepEqual([refused[0], refused[1]], ["err", 404]);
});

test("an exception of a success callback does not reach the error callback", async () => {
  let failures = 0;
  const throwing = () => {
    throw new RangeError("in the app");
  };
  const call = backend.CustomCode.invokeCustomCodeJSONRequest("synapse/event/info/all", "GET", null, throwing, () => failures++);
  await assert.rejects(call, RangeError);
  assert.equal(failures, 0);
});

test("bodies are JSON, null is no body, and an empty answer is null", async () => {
  const call = (path, method, data) => backend.CustomCode.invokeCustomCodeJSONRequest(path, method, data);
  assert.equal((await call("synapse/event", "post", { name: "Ü" })).statusCode, 201);
  assert.equal(server.requests.at(-1).body, '{"name":"Ü"}');
  for (const [data, body] of [[0, "0"], ["", '""'], [false, "false"], [null, ""], [undefined, ""]]) {
    await call("synapse/event", "POST", data);
    assert.equal(server.requests.at(-1).body, body);
  }
  const { statusCode, data } = await call("synapse/event/e2", "DELETE");
  assert.deepEqual([statusCode, data], [204, null]);
});

test("a 2xx answer that is not JSON is null", async () => {
  const odd = await record({ "GET /mobile/custom/a": { body: "<p>hello</p>" } });
  try {
    const other = mcs.mobileBackendManager.returnMobileBackend("synapse", namedConfig(odd.baseUrl));
    assert.equal((await other.customCode.invokeCustomCodeJSONRequest("a", "GET")).data, null);
  } finally {
    await odd.close();
  }
});

test("paths join with one slash and keep their query; nothing is added to them", async () => {
  const slashed = mcs.mobileBackendManager.returnMobileBackend("synapse", namedConfig(` ${server.baseUrl}/ `));
  for (const [path, url] of [
    ["/synapse/event/", "/mobile/custom/synapse/event"],
    ["synapse/event?path=a/&x=1", "/mobile/custom/synapse/event?path=a/&x=1"],
    ["synapse/event/?x=/", "/mobile/custom/synapse/event?x=/"],
  ]) {
    await slashed.customCode.invokeCustomCodeJSONRequest(path, "GET", null, null, () => {});
    assert.equal(server.requests.at(-1).url, url);
  }
  assert.equal(slashed.getPlatformUrl("/users/~"), `${server.baseUrl}/mobile/platform/users/~`);
  assert.equal(slashed.getCustomCodeUrl("a"), `${server.baseUrl}/mobile/custom/a`);
});

test("an unknown method fails with 501 and no request", async () => {
  await assert.rejects(backend.customCode.invokeCustomCodeJSONRequest("a", "FETCH"), { statusCode: 501, data: "Not Implemented" });
  assert.equal(server.requests.length, 0);
});

test("getCurrentUser gives a user with all fields and the other keys as properties", async () => {
  await backend.setAuthenticationType("basicAuth").authenticate("ada", "pw");
  const [which, status, user] = await outcome((ok, err) => backend.Authorization.getCurrentUser(ok, err));
  assert.deepEqual([which, status], ["ok", 200]);
  assert.ok(user instanceof mcs.User);
  const fields = [user.getId(), user.getUsername(), user.getFirstName(), user.getLastName(), user.getEmail()];
  assert.deepEqual(fields, ["7", "ada", "Ada", "L", "a@b"]);
  assert.deepEqual(user.getProperties(), { team: "x" });
  assert.equal(server.requests.at(-1).headers["oracle-mobile-diagnostic-session-id"], backend.diagnostics.getSessionId());
});

test("loadAppConfig logs in anonymously first if nobody is logged in", async () => {
  await assert.rejects(backend.loadAppConfig(), { statusCode: 401 });
  backend.setAuthenticationType("basicAuth");
  const [which, status, data] = await outcome((ok, err) => backend.loadAppConfig(ok, err));
  assert.deepEqual([which, status, data], ["ok", 200, { color: "blue" }]);
  const urls = server.requests.map((request) => request.url);
  assert.deepEqual(urls, ["/mobile/platform/users/login", "/mobile/platform/appconfig/client"]);
  assert.equal(server.requests[1].headers["content-type"], "application/json");
  await backend.AppConfig.loadAppConfig();
  assert.equal(server.requests.length, 3);
});

test("without an application key the header is absent", async () => {
  const config = namedConfig(server.baseUrl);
  delete config.mobileBackends.synapse.applicationKey;
  await mcs.mobileBackendManager.returnMobileBackend("synapse", config).setAuthenticationType("basicAuth").authenticateAnonymous();
  assert.equal(server.requests[0].headers["oracle-mobile-application-key"], undefined);
});

test("getHttpHeaders takes headers, or a module and headers", () => {
  assert.equal(backend.getHttpHeaders({ "X-Own": "1" })["X-Own"], "1");
  assert.match(backend.getHttpHeaders()["Oracle-Mobile-Client-SDK-Info"], /^Javascript [\d.]+$/);
  const headers = backend.getHttpHeaders("Mine", { "X-Own": "1" });
  assert.match(headers["Oracle-Mobile-Client-SDK-Info"], /\[Mine\]$/);
  assert.equal(headers["X-Own"], "1");
});

test("a platform of the app's own sends the requests", async () => {
  class Recorded extends mcs.Platform {
    async invokeService(request) {
      if (request.url.endsWith("/bad")) throw { statusCode: 418, data: { title: "teapot" }, headers: {} };
      return { statusCode: 299, data: request.method, headers: {} };
    }
  }
  mcs.mobileBackendManager.platform = new Recorded();
  assert.deepEqual(await backend.customCode.invokeCustomCodeJSONRequest("a", "PUT"), { statusCode: 299, data: "PUT", headers: {} });
  const failure = await backend.customCode.invokeCustomCodeJSONRequest("bad", "PUT").catch((error) => error);
  assert.ok(failure instanceof mcs.McsError);
  assert.equal(failure.statusCode, 418);
  assert.equal(server.requests.length, 0);
});
