// The web example, run in a page that has just enough of a document.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import vm from "node:vm";
import { LOGIN, namedConfig, record } from "./recorder.mjs";

const read = (name) => readFileSync(new URL(`../${name}`, import.meta.url), "utf8");
const EVENT = {
  id: 1, name: "<b>Flood</b>", category: "water", severity: 5, latitude: 48.1, longitude: 11.5, startedOn: "2024-05-01T10:00:00Z",
};

/** An element that keeps listeners, text and children. */
class Element {
  constructor() {
    Object.assign(this, { children: [], dataset: {}, listeners: {}, textContent: "", value: "" });
  }
  addEventListener(type, listener) {
    this.listeners[type] = listener;
  }
  insertCell() {
    return this.appendChild(new Element());
  }
  appendChild(child) {
    this.children.push(child);
    return child;
  }
  replaceChildren(...children) {
    this.children = children;
  }
}

/** Opens the page at `address` and returns its elements by id, and the address of the SDK it asked for. */
function open(address, baseUrl) {
  const elements = Object.fromEntries([...read("examples/synapse-web/index.html").matchAll(/ id="([^"]+)"/g)].map(([, id]) => [id, new Element()]));
  const body = new Element();
  const page = vm.createContext({
    document: { body, createElement: () => new Element(), getElementById: (id) => elements[id] },
    location: new URL(address), URL, URLSearchParams, fetch, AbortController, setTimeout, clearTimeout, console,
    mcs_config: namedConfig(baseUrl),
  });
  vm.runInContext(read("examples/synapse-web/app.js"), page);
  const [script] = body.children;
  vm.runInContext(read("dist/mcs.min.js"), page);
  script.onload();
  return { ...elements, sdk: script.src };
}

async function until(condition) {
  for (let i = 0; i < 200 && !condition(); i++) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.ok(condition());
}

test("the web example lists one row per event, anonymously and for a user", async () => {
  const server = await record({ ...LOGIN, "GET /mobile/custom/synapse/event/info/all": { body: { data: [EVENT] } } });
  try {
    const page = open("http://localhost/app/", server.baseUrl);
    assert.equal(page.sdk, "http://localhost/app/mcs.min.js");
    page.anonymous.listeners.click();
    await until(() => page.status.textContent === "1 event");
    assert.equal(page.events.children.length, 1);
    const cells = page.events.children[0].children.map((cell) => String(cell.textContent));
    assert.deepEqual(cells, ["<b>Flood</b>", "water", "5", "48.1", "11.5", "2024-05-01T10:00:00Z"]);
    page.username.value = "ada";
    page.password.value = "pw";
    page["login-form"].listeners.submit({ preventDefault() {} });
    await until(() => server.requests.length === 4);
    assert.equal(server.requests.at(-1).headers.authorization, "Basic " + Buffer.from("ada:pw").toString("base64"));
  } finally {
    await server.close();
  }
});

test("the web example shows a failure and empties the table", async () => {
  const server = await record(LOGIN);
  try {
    const page = open("http://localhost/app/", server.baseUrl);
    page.events.children = [new Element()];
    page.anonymous.listeners.click();
    await until(() => page.status.textContent === "Failed (404): nothing here");
    assert.equal(page.events.children.length, 0);
    page["login-form"].listeners.submit({ preventDefault() {} });
    await until(() => page.status.textContent === "Failed (400): Bad Request");
  } finally {
    await server.close();
  }
});

test("the web example takes another SDK from its own site only", () => {
  const sdk = (query) => open("http://localhost/app/?sdk=" + encodeURIComponent(query), "http://localhost").sdk;
  assert.equal(sdk("../old/mcs.js"), "http://localhost/old/mcs.js");
  for (const foreign of ["https://evil.example/x.js", "//evil.example/x.js", "data:text/javascript,1"]) {
    assert.equal(sdk(foreign), "mcs.min.js");
  }
});
