// Sessions and events: what goes out, what waits, and that nothing of it ever fails an app.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { afterEach, beforeEach, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { namedConfig, record, singleConfig } from "./recorder.mjs";

const mcs = createRequire(import.meta.url)("@openmcs/sdk");
const EVENTS = "POST /mobile/platform/analytics/events";
const TAKEN = { status: 202, body: { message: "accepted" } };
let server;
let answers;

beforeEach(async () => {
  answers = { "GET /mobile/platform/users/login": { body: {} }, [EVENTS]: TAKEN };
  server = await record(answers);
});
afterEach(() => server.close());

function backendOf(analytics = {}, more = {}) {
  const config = namedConfig(server.baseUrl, more);
  config.mobileBackends.synapse.analytics = analytics;
  const backend = mcs.mobileBackendManager.returnMobileBackend("synapse", config);
  backend.setAuthenticationType("basicAuth");
  return backend;
}
const batches = () => server.requests.filter(({ url }) => url.endsWith("/events")).map(({ body }) => JSON.parse(body));
const names = () => batches().map((batch) => batch.map((event) => event.name));

test("a session and its events go out in one batch, behind a context", async () => {
  const { analytics, diagnostics } = backendOf();
  const session = analytics.startSession();
  analytics.logNamedEvent("AcceptOffer").properties.offerId = "10001";
  const event = new mcs.AnalyticsEvent("Rated");
  event.properties = { stars: 5 };
  assert.equal(analytics.logEvent(event), event);
  assert.equal((await analytics.endSession()).statusCode, 202);

  const [[context, start, offer, rated, end]] = batches();
  assert.deepEqual([context.name, context.type, typeof context.properties.timezone], ["context", "system", "string"]);
  assert.equal(context.properties.timezone, String(new Date().getTimezoneOffset() * 60));
  assert.deepEqual([start.name, start.type, start.sessionID], ["sessionStart", "system", session]);
  assert.deepEqual([offer.name, offer.type, offer.sessionID, offer.properties], ["AcceptOffer", undefined, session, { offerId: "10001" }]);
  assert.deepEqual([rated.sessionID, rated.properties], [session, { stars: 5 }]);
  assert.deepEqual([end.name, end.type, end.sessionID], ["sessionEnd", "system", session]);
  for (const { timestamp } of [context, start, offer]) assert.equal(new Date(timestamp).toISOString(), timestamp);

  const { headers } = server.requests[0];
  assert.equal(headers["oracle-mobile-diagnostic-session-id"], diagnostics.getSessionId());
  assert.match(headers["oracle-mobile-client-sdk-info"], /\[MCSAnalytics\]$/);
  assert.equal(headers["oracle-mobile-application-key"], "app-key");
  assert.equal(headers.authorization, "Basic YW5vbjpzZWNyZXQ=");
  assert.equal(analytics.getSessionId(), undefined);
});

test("events of a user go out in his name, also when he logs out right after", async () => {
  const backend = backendOf();
  await backend.authorization.authenticate("ada", "secret");
  backend.analytics.logNamedEvent("Bought");
  backend.authorization.logout();
  await backend.analytics.flush();
  const request = server.requests.find(({ url }) => url.endsWith("/events"));
  assert.equal(request.headers.authorization, "Basic " + Buffer.from("ada:secret").toString("base64"));
});

test("callbacks are called without arguments, and a flush of nothing sends nothing", async () => {
  const { analytics } = backendOf();
  const told = [];
  await analytics.flush((...args) => told.push(args));
  analytics.logNamedEvent("a");
  await analytics.flush((...args) => told.push(args));
  await analytics.endSession((...args) => told.push(args));
  assert.deepEqual(told, [[], [], []]);
  assert.deepEqual(names(), [["context", "a"]]);
});

test("a batch goes out by itself when enough have gathered, and the rest after the interval", async () => {
  const { analytics } = backendOf({ batchSize: 3, flushInterval: 50 });
  for (const name of ["a", "b", "c", "d"]) analytics.logNamedEvent(name);
  await sleep(400);
  assert.deepEqual(names().flat().filter((name) => name !== "context"), ["a", "b", "c", "d"]);
  assert.ok(names().every((batch) => batch[0] === "context" && batch.length <= 4));
});

test("the platform object tells about the device, unless the configuration keeps the place to itself", async () => {
  class Phone extends mcs.Platform {
    getDeviceInformation() {
      return { model: "P1", osName: "Android" };
    }
    getGPSLocation() {
      return { latitude: 46.95, longitude: 7.45 };
    }
  }
  const before = mcs.mobileBackendManager.platform;
  mcs.mobileBackendManager.platform = new Phone();
  try {
    for (const location of [true, false]) {
      const { analytics } = backendOf({ location });
      analytics.setContext({ country: "CH" });
      analytics.logNamedEvent("a");
      await analytics.flush();
    }
  } finally {
    mcs.mobileBackendManager.platform = before;
  }
  const [shown, hidden] = batches().map(([context]) => context.properties);
  assert.deepEqual([shown.model, shown.osName, shown.latitude, shown.longitude, shown.country], ["P1", "Android", "46.95", "7.45", "CH"]);
  assert.deepEqual([hidden.model, hidden.latitude], ["P1", undefined]);
});

for (const [what, answer] of [
  ["the network is away", null],
  ["the server fails", { status: 503, body: { title: "down" } }],
  ["there were too many", { status: 429 }],
  ["the credentials are refused", { status: 401 }],
]) {
  test(`events stay queued while ${what}, and nothing is thrown`, async () => {
    const { analytics } = backendOf();
    if (answer) answers[EVENTS] = answer;
    else await server.close();
    analytics.logNamedEvent("a");
    const told = [];
    assert.equal(await analytics.flush(() => told.push("ok"), (status) => told.push(status)), undefined);
    assert.equal(await analytics.flush(), undefined);
    assert.deepEqual(told, [answer?.status ?? 0]);
    if (!answer) {
      server = await record(answers);
      return;
    }
    answers[EVENTS] = TAKEN;
    assert.equal((await analytics.flush()).statusCode, 202);
    assert.deepEqual(names().at(-1), ["context", "a"]);
  });
}

test("a failed flush is tried again by itself, later each time", async () => {
  const real = globalThis.setTimeout;
  const delays = [];
  globalThis.setTimeout = (run, delay, ...rest) => {
    if (/schedule/.test(new Error().stack)) delays.push(delay); // fetch sets timers, too
    return real(run, delay, ...rest);
  };
  try {
    answers[EVENTS] = { status: 503 };
    const { analytics } = backendOf();
    analytics.logNamedEvent("a");
    for (let times = 0; times < 8; times++) await analytics.flush();
    const [first, ...retries] = delays;
    assert.equal(first, 30_000);
    retries.forEach((delay, index) => {
      const most = Math.min(5_000 * 2 ** index, 300_000);
      assert.ok(delay >= most / 2 && delay <= most, `${delay} for ${most}`);
    });
    assert.equal(retries.length, 8);
  } finally {
    globalThis.setTimeout = real;
  }
});

test("the queue has a bound, and the oldest give way", async () => {
  answers[EVENTS] = { status: 503 };
  const { analytics } = backendOf({ queueSize: 5, batchSize: 100 });
  for (let number = 0; number < 8; number++) analytics.logNamedEvent(`e${number}`);
  answers[EVENTS] = TAKEN;
  await analytics.flush();
  assert.deepEqual(names(), [["context", "e3", "e4", "e5", "e6", "e7"]]);
});

test("of a refused batch only the wrong events are dropped", async () => {
  const { analytics } = backendOf();
  for (const name of ["good", "bad", "fine"]) analytics.logNamedEvent(name);
  answers[EVENTS] = { status: 400, body: { "o:errorDetails": [{ "o:errorPath": "[2].properties" }] } };
  await analytics.flush();
  answers[EVENTS] = TAKEN;
  await analytics.flush();
  assert.deepEqual(names(), [["context", "good", "bad", "fine"], ["context", "good", "fine"]]);
});

test("a batch that is refused without a reason is not sent again", async () => {
  const { analytics } = backendOf();
  answers[EVENTS] = { status: 413 };
  analytics.logNamedEvent("a");
  await analytics.flush();
  answers[EVENTS] = TAKEN;
  assert.equal(await analytics.flush(), undefined);
  assert.equal(batches().length, 1);
});

test("what an app does wrong costs its event and no more", async () => {
  const { analytics } = backendOf();
  const circle = {};
  circle.self = circle;
  analytics.logNamedEvent("circle").properties.circle = circle;
  analytics.logNamedEvent("");
  analytics.logNamedEvent(undefined);
  analytics.logEvent(null);
  analytics.logEvent({});
  analytics.logEvent(Object.freeze({ name: "frozen", timestamp: new Date().toISOString() }));
  analytics.logNamedEvent("good");
  await analytics.flush();
  assert.deepEqual(names(), [["context", "frozen", "good"]]);
});

test("without credentials events wait for a login", async () => {
  const config = singleConfig(server.baseUrl);
  delete config.mobileBackend.authentication.basic.anonymousKey;
  mcs.init(config);
  const { analytics, authorization } = mcs.mobileBackend;
  analytics.logNamedEvent("early");
  assert.equal(await analytics.flush(), undefined);
  assert.equal(server.requests.length, 0);
  await authorization.authenticate("ada", "secret");
  assert.equal((await analytics.flush()).statusCode, 202);
});

test("unsent events outlive the page in a store", async () => {
  const store = new mcs.MemoryStore();
  answers[EVENTS] = { status: 503 };
  const first = backendOf({}, { store });
  first.analytics.logNamedEvent("before");
  await first.analytics.flush();
  assert.match(store.get(`openmcs.${server.baseUrl}.synapse.events`), /"before"/);
  answers[EVENTS] = TAKEN;
  const second = backendOf({}, { store });
  await sleep(10);
  second.analytics.logNamedEvent("after");
  await second.analytics.flush();
  assert.deepEqual(names().at(-1), ["context", "before", "after"]);
  assert.equal(store.get(`openmcs.${server.baseUrl}.synapse.events`), null);
});

test("a store that fails, or holds rubbish, fails no app", async () => {
  for (const get of [() => "{rubbish", () => "7", () => Promise.reject(new Error("no")), () => { throw new Error("no"); }]) {
    const set = () => { throw new Error("full"); };
    const backend = backendOf({}, { store: { get, set } });
    await backend.authorization.authenticate("ada", "secret");
    assert.equal(await backend.authorization.restore(), true);
    backend.analytics.logNamedEvent("a");
    assert.equal((await backend.analytics.flush()).statusCode, 202);
  }
});

test("a program of Node ends although events wait", async () => {
  const { execFileSync } = await import("node:child_process");
  const script = `const mcs = require("@openmcs/sdk");
    mcs.init(${JSON.stringify(singleConfig("http://127.0.0.1:9"))});
    mcs.mobileBackend.analytics.logNamedEvent("a");`;
  execFileSync(process.execPath, ["-e", script], { cwd: new URL("..", import.meta.url), timeout: 10_000 });
});
