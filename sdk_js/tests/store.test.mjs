// What outlives a page: the login, in a store of the app's choice.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { afterEach, beforeEach, test } from "node:test";
import { LOGIN, namedConfig, record, singleConfig } from "./recorder.mjs";

const mcs = createRequire(import.meta.url)("@openmcs/sdk");
let server;
beforeEach(async () => (server = await record(LOGIN)));
afterEach(() => server.close());

/** A store as `AsyncStorage` is one. */
class Slow extends mcs.MemoryStore {
  async get(key) {
    return super.get(key);
  }
  async set(key, value) {
    super.set(key, value);
  }
}

/** What `localStorage` looks like. */
function storage() {
  const kept = new Map();
  return { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value), removeItem: (key) => kept.delete(key), kept };
}

for (const [what, make] of [
  ["in memory", () => new mcs.MemoryStore()],
  ["that answers later", () => new Slow()],
  ["of the browser", () => new mcs.WebStore(storage())],
]) {
  test(`a login is taken up from a store ${what}, without a request`, async () => {
    const store = make();
    mcs.init(singleConfig(server.baseUrl, { store }));
    assert.equal(await mcs.mobileBackend.authorization.restore(), false);
    await mcs.mobileBackend.authorization.authenticate("ada", "secret");
    mcs.init(singleConfig(server.baseUrl, { store }));
    const { authorization } = mcs.mobileBackend;
    assert.equal(authorization.isAuthorized, false);
    assert.equal(await authorization.restore(), true);
    assert.deepEqual([authorization.getAuthorizedUserName(), authorization.isAuthorized], ["ada", true]);
    assert.equal(server.requests.length, 1);
    authorization.logout();
    mcs.init(singleConfig(server.baseUrl, { store }));
    assert.equal(await mcs.mobileBackend.authorization.restore(), false);
  });
}

test("credentials are taken up for the address and backend only that they were kept for", async () => {
  const store = new mcs.MemoryStore();
  mcs.init(singleConfig(server.baseUrl, { store }));
  await mcs.mobileBackend.authorization.authenticate("ada", "secret");
  mcs.init(singleConfig("http://evil.example", { store }));
  assert.equal(await mcs.mobileBackend.authorization.restore(), false);
  const other = singleConfig(server.baseUrl, { store });
  other.mobileBackend.authentication.basic.mobileBackendId = "backend-2";
  mcs.init(other);
  assert.equal(await mcs.mobileBackend.authorization.restore(), false);
});

test("without a store nothing is kept anywhere", async () => {
  mcs.init(singleConfig(server.baseUrl));
  await mcs.mobileBackend.authorization.authenticate("ada", "secret");
  mcs.init(singleConfig(server.baseUrl));
  assert.equal(await mcs.mobileBackend.authorization.restore(), false);
});

test("a login that happens meanwhile stays", async () => {
  const store = new Slow();
  mcs.init(singleConfig(server.baseUrl, { store }));
  await mcs.mobileBackend.authorization.authenticate("old", "secret");
  mcs.init(singleConfig(server.baseUrl, { store }));
  const { authorization } = mcs.mobileBackend;
  const restored = authorization.restore();
  await authorization.authenticate("new", "secret");
  await restored;
  assert.equal(authorization.getAuthorizedUserName(), "new");
});

test("refreshToken and the getters of the earliest SDK answer from what is known", async () => {
  const backend = mcs.mobileBackendManager.returnMobileBackend("synapse", namedConfig(server.baseUrl));
  const authorization = backend.setAuthenticationType("basicAuth");
  assert.equal(authorization.getBackendId(), "backend-1");
  assert.equal(authorization.getApplicationKey(), "app-key");
  assert.equal(authorization.getAnonymousToken(), "YW5vbjpzZWNyZXQ=");
  assert.equal(backend.getAuthenticationTypeVariable(), "basicAuth");
  await assert.rejects(authorization.refreshToken(), { statusCode: 401 });
  const told = [];
  await authorization.refreshToken(null, (...args) => told.push(args));
  const { accessToken } = await authorization.authenticateAnonymous();
  await authorization.refreshToken((...args) => told.push(args));
  assert.deepEqual(told, [[401, "Unauthorized"], [200, accessToken]]);
  assert.equal(accessToken, "YW5vbjpzZWNyZXQ=");
});

test("a base URL that ends in 1 is warned of", () => {
  const said = [];
  const { warn } = console;
  console.warn = (text) => said.push(text);
  try {
    for (const baseUrl of ["http://h:8081", "http://h:8081/", "http://h:8080"]) {
      mcs.init(singleConfig(baseUrl, { logLevel: 2 }));
    }
  } finally {
    console.warn = warn;
  }
  assert.equal(said.length, 2);
  assert.match(said[0], /ends in 1.*7777/);
});
