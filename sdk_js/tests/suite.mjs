// What the SDK does against a running platform. The same suite runs in Node and, across origins, in a browser:
// it uses nothing of either, and gets the SDK and the platform's address handed in.

class Failure extends Error {}
function equal(actual, expected, what) {
  const [a, e] = [actual, expected].map((value) => JSON.stringify(value));
  if (a !== e) throw new Failure(`${what}: ${a} instead of ${e}`);
}
async function rejected(call, statusCode, what) {
  const error = await call.then(() => null, (reason) => reason);
  if (!error) throw new Failure(`${what}: resolved`);
  equal([error.name, error.statusCode], ["McsError", statusCode], what);
  return error;
}
const called = (start) =>
  new Promise((resolve) => start((...args) => resolve(["ok", ...args]), (...args) => resolve(["err", ...args])));

/** The backends of all three styles for one platform: `{url, backendId, anonymousKey, applicationKey, username, password}`. */
function named(mcs, platform, more = {}) {
  const backend = {
    baseUrl: platform.url,
    applicationKey: platform.applicationKey,
    authorization: { basicAuth: { backendId: platform.backendId, anonymousToken: platform.anonymousKey } },
  };
  const config = { logLevel: 0, mobileBackends: { wired: { ...backend, ...more } } };
  return mcs.mobileBackendManager.returnMobileBackend("wired", config);
}
function single(mcs, platform, more = {}) {
  const basic = { mobileBackendId: platform.backendId, anonymousKey: platform.anonymousKey };
  const authentication = { type: "basic", basic };
  mcs.init({ ...more, mobileBackend: { name: "wired", baseUrl: platform.url, authentication } });
  return mcs.mobileBackend;
}

export const suite = {
  async "J1: callbacks only, through MobileBackendManager and capitalised services"(mcs, platform) {
    const backend = mcs.MobileBackendManager.getMobileBackend("wired") ?? named(mcs, platform);
    const authorization = backend.setAuthenticationType(mcs.AuthenticationTypeBasic);
    const { username, password } = platform;
    equal((await called((ok, err) => authorization.authenticate(username, "wrong", ok, err))).slice(0, 2), ["err", 401], "wrong");
    const [which, status, user] = await called((ok, err) => backend.Authorization.authenticate(username, password, ok, err));
    equal([which, status, user.username], ["ok", 200, username], "login");
    const [, , current] = await called((ok, err) => backend.Authorization.getCurrentUser(ok, err));
    equal([current.getUsername(), current.getFirstName(), current.getLastName()], [username, "Joe", "Doe"], "user");
    const answer = await called((ok, err) => backend.CustomCode.invokeCustomCodeJSONRequest("echo/all", "DELETE", null, ok, err));
    equal([answer[0], answer[1], answer[2].body, answer[2].user], ["ok", 200, {}, username], "DELETE without data");
    authorization.logout();
    equal([authorization.getIsAuthorized(), authorization.getAccessToken()], [false, null], "logout");
  },

  async "J2: callbacks and promises, through returnMobileBackend"(mcs, platform) {
    const backend = named(mcs, platform);
    backend.setAuthenticationType("basicAuth");
    equal((await backend.authorization.authenticateAnonymous()).statusCode, 200, "anonymous");
    const { statusCode, data, headers } = await backend.customCode.invokeCustomCodeJSONRequest("echo/all?a=1", "POST", { text: "é→𝄞" });
    equal([statusCode, data.method, data.url, data.body], [200, "POST", "/mobile/custom/echo/all?a=1", { text: "é→𝄞" }], "POST");
    equal(typeof headers["x-oracle-dms-ecid"], "string", "the ECID can be read");
    equal(data.anonymous, true, "anonymous");
    equal(await backend.customCode.invokeCustomCodeJSONRequest("echo/none", "GET", null, null, () => {}), undefined, "an error callback");
    const error = await rejected(backend.customCode.invokeCustomCodeJSONRequest("echo/none", "GET"), 404, "no resource");
    equal([error.data.status, typeof error.data.detail], [404, "string"], "the error document");
  },

  async "J3: promises, through init"(mcs, platform) {
    const backend = single(mcs, platform);
    const config = await backend.loadAppConfig();
    equal([config.data.mapLayer, config.data.refreshSeconds, config.data.offline], ["terrain", 30, true], "app config, before a login");
    equal(backend.authorization.isAuthorized, false, "nobody is logged in by it");
    await backend.authorization.authenticate(platform.username, platform.password);
    const { user } = await backend.authorization.getCurrentUser();
    equal([user.getUsername(), user.getFirstName()], [platform.username, "Joe"], "user");
    for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE"]) {
      const { data } = await backend.customCode.invokeCustomCodeJSONRequest("/echo/all/", method);
      equal([data.method, data.user], [method, platform.username], method);
    }
  },

  async "names and passwords beyond ASCII log in"(mcs, platform) {
    const { authorization } = single(mcs, platform);
    const response = await authorization.authenticate("andré", "geheim-é-1*");
    equal(response.data.username, "andré", "login");
  },

  async "headers of custom code can be read across origins"(mcs, platform) {
    const backend = single(mcs, platform);
    await backend.authorization.authenticateAnonymous();
    const { headers } = await backend.customCode.invokeCustomCodeJSONRequest("echo/headers", "GET");
    equal([headers["x-own-name"], headers.etag, headers["oracle-mobile-sync-resource-type"]], ["1", '"7"', "collection"], "headers");
  },

  async "refusals have their status, also before anybody is known"(mcs, platform) {
    const backend = single(mcs, platform);
    await rejected(backend.customCode.invokeCustomCodeJSONRequest("echo/all", "GET"), 401, "no login");
    await rejected(backend.authorization.authenticate(platform.username, "wrong"), 401, "wrong password");
    await rejected(single(mcs, { ...platform, backendId: "nobody" }).authorization.authenticateAnonymous(), 401, "no backend");
    await rejected(single(mcs, { ...platform, anonymousKey: undefined }).authorization.authenticateAnonymous(), 400, "no key");
  },

  async "calls end by timeout and by signal"(mcs, platform) {
    const backend = single(mcs, platform);
    await backend.authorization.authenticateAnonymous();
    const call = (options) => backend.customCode.invokeCustomCodeJSONRequest("echo/slow", "GET", null, options);
    const timedOut = await rejected(call({ timeout: 50 }), 0, "timeout");
    equal(timedOut.cause.name, "TimeoutError", "its cause");
    const leaving = new AbortController();
    const aborted = rejected(call({ signal: leaving.signal }), 0, "abort");
    leaving.abort();
    await aborted;
  },

  async "sessions and events are accepted"(mcs, platform) {
    const backend = named(mcs, platform);
    await backend.setAuthenticationType("basicAuth").authenticate(platform.username, platform.password);
    const session = backend.analytics.startSession();
    backend.analytics.logNamedEvent("Suite", { where: platform.where });
    const response = await backend.analytics.endSession();
    equal([response.statusCode, response.data.accepted], [202, 4], "events");
    return { session };
  },

  async "events of an anonymous user are accepted without a login"(mcs, platform) {
    const { analytics } = single(mcs, platform);
    analytics.logNamedEvent("Anonymous");
    equal((await analytics.flush()).statusCode, 202, "events");
  },

  async "of a refused batch the platform names the wrong event, and the others are sent again"(mcs, platform) {
    const { analytics } = single(mcs, platform);
    analytics.logNamedEvent("Good");
    analytics.logNamedEvent("x".repeat(101));
    equal(await analytics.flush(), undefined, "refused");
    const response = await analytics.flush();
    equal(response.data.accepted, 2, "the context and the good one");
  },
};

/** Runs all; resolves with `[{name, error, ...what a test returned}]`. */
export async function run(mcs, platform) {
  const results = [];
  for (const [name, test] of Object.entries(suite)) {
    try {
      results.push({ name, error: null, ...(await test(mcs, platform)) });
    } catch (error) {
      results.push({ name, error: `${error.stack ?? error}` });
    }
  }
  return results;
}
