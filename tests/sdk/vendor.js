// What each generation of the vendor's JavaScript SDK puts on the wire, written from the tables of the contract
// (wire, sections 2 and 3) and from nothing else: headers, junk headers, parameters and bodies, sent by XHR.
"use strict";

const uuid = () => "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (c) =>
  (+c ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (+c / 4)))).toString(16));

// One byte a character, as all generations encode credentials (2.3).
const latin1 = (text) => btoa(Array.from(text, (c) => String.fromCharCode(c.charCodeAt(0) & 0xff)).join(""));

const GENERATIONS = {
  "J1": { applicationKey: true, info: null, cacheBreaker: false, junk: false, nullBody: true },
  "J2 16.3": { applicationKey: true, info: null, cacheBreaker: false, junk: false },
  "J2 17.2": { applicationKey: true, info: "Javascript 17.2.5.0", bareInfo: true, cacheBreaker: true, junk: false },
  "J2 18.1": { applicationKey: true, info: "Javascript 18.1.3.0", cacheBreaker: true, junk: false, patch: true },
  "J3 18.2": { applicationKey: false, info: "Cordova 18.2.1.0", cacheBreaker: true, junk: true, direct: true },
  "J3 18.3": { applicationKey: false, info: "Cordova 18.3.3.0", cacheBreaker: false, junk: true, direct: true, patch: true },
  "J3 React Native": {
    applicationKey: false, info: "ReactNative 18.3.3.0", cacheBreaker: false, junk: true, direct: true, patch: true, nullValidators: true,
  },
};

class Vendor {
  constructor(generation, platform) {
    this.is = GENERATIONS[generation];
    this.platform = platform;
    this.session = uuid();
    this.device = uuid();
    this.authorization = null;
  }

  identity(module) {
    const headers = { "Oracle-Mobile-Backend-Id": this.platform.backendId };
    if (this.is.applicationKey) headers["Oracle-Mobile-Application-Key"] = this.platform.applicationKey;
    if (this.is.info) {
      const bare = this.is.bareInfo && (module === "CustomCode" || module === "AppConfig");
      headers["Oracle-Mobile-Client-SDK-Info"] = bare ? this.is.info : `${this.is.info} [${module}]`;
    }
    return headers;
  }

  full(module, more) {
    return {
      ...this.identity(module),
      "Authorization": this.authorization,
      "Oracle-Mobile-DIAGNOSTIC-SESSION-ID": this.session,
      "Oracle-Mobile-DEVICE-ID": this.device,
      "Oracle-Mobile-CLIENT-REQUEST-TIME": new Date().toISOString(),
      ...more,
    };
  }

  send(method, path, headers, body) {
    let url = this.platform.url + path;
    if (this.is.cacheBreaker) url += (url.includes("?") ? "&" : "?") + "_=" + Date.now();
    return new Promise((resolve) => {
      const xhr = new XMLHttpRequest();
      xhr.open(method, url, true);
      xhr.withCredentials = true;
      xhr.responseType = "json";
      for (const [name, value] of Object.entries(headers)) xhr.setRequestHeader(name, value);
      if (this.is.junk) {
        xhr.setRequestHeader("_keys", Object.keys(headers).join(","));
        xhr.setRequestHeader("_values", Object.values(headers).join(","));
      }
      if (this.is.nullValidators) {
        xhr.setRequestHeader("if-modified-since", null);
        xhr.setRequestHeader("if-none-match", null);
      }
      xhr.onloadend = () => resolve({ status: xhr.status, data: xhr.response, ecid: xhr.status ? xhr.getResponseHeader("X-ORACLE-DMS-ECID") : null });
      xhr.send(body === undefined ? null : body);
    });
  }

  async login(credentials) {
    this.authorization = null;
    const headers = { ...this.identity("Authorization"), "Authorization": "Basic " + credentials };
    const answer = await this.send("GET", "/mobile/platform/users/login", headers);
    if (answer.status >= 200 && answer.status < 300) this.authorization = "Basic " + credentials;
    return answer;
  }

  async appConfig() {
    if (!this.authorization && !this.is.direct) await this.login(this.platform.anonymousKey);
    const headers = this.full("AppConfig", { "Content-Type": "application/json" });
    if (!this.authorization) headers["Authorization"] = "Basic " + this.platform.anonymousKey;
    return this.send("GET", "/mobile/platform/appconfig/client", headers);
  }

  customCode(path, method, data) {
    const headers = this.full("CustomCode", { "Content-Type": "application/json" });
    let below = path;
    if (this.is.nullBody) {
      // J1 loses the joining slash when the path ends in one.
      below = path.endsWith("/") ? path : "/" + path;
    } else {
      below = "/" + path.replace(/\/$/, "");
    }
    const body = data === null && !this.is.nullBody ? undefined : JSON.stringify(data);
    return this.send(method, "/mobile/custom" + below, headers, body);
  }

  analytics(session) {
    const timestamp = new Date().toISOString();
    const context = {
      timezone: String(new Date().getTimezoneOffset() * 60), model: "<unknown>", manufacturer: "<unknown>", osName: "<unknown>",
      osVersion: "<unknown>", osBuild: "<unknown>", carrier: "<unknown>", latitude: "null", longitude: "null",
    };
    const events = [
      { name: "context", type: "system", timestamp, ...(this.is.direct && { sessionID: session }), properties: context },
      { name: "sessionStart", type: "system", timestamp, sessionID: session, properties: {} },
      { name: "Emulated", timestamp, sessionID: session, properties: { k: "v" } },
      { name: "sessionEnd", type: "system", timestamp, sessionID: session, properties: {} },
    ];
    const headers = this.full("MCSAnalytics", { "Content-Type": "application/json" });
    return this.send("POST", "/mobile/platform/analytics/events", headers, JSON.stringify(events));
  }
}

/** A day in the life of an app; resolves with `[what, status, data, ecid]` for each call. */
window.drive = async function drive(generation, platform) {
  const vendor = new Vendor(generation, platform);
  const told = [];
  const keep = async (what, call) => {
    const { status, data, ecid } = await call;
    told.push([what, status, data, ecid]);
  };
  await keep("app config before a login", vendor.appConfig());
  await keep("anonymous login", vendor.login(platform.anonymousKey));
  await keep("anonymous call", vendor.customCode("echo/all", "GET", null));
  await keep("wrong login", vendor.login(latin1("joe:wrong")));
  await keep("Latin-1 login", vendor.login(latin1("andré:geheim-é-1*")));
  await keep("current user", vendor.send("GET", "/mobile/platform/users/~", vendor.full("Authorization", {})));
  await keep("GET", vendor.customCode("echo/all?a=1", "GET", null));
  await keep("GET of a path that begins with a slash", vendor.customCode("/echo/all", "GET", null));
  await keep("GET of a path that ends with a slash", vendor.customCode("echo/all/", "GET", null));
  await keep("POST", vendor.customCode("echo/all", "POST", { text: "é" }));
  await keep("PUT of nothing", vendor.customCode("echo/all", "PUT", null));
  if (vendor.is.patch) await keep("PATCH", vendor.customCode("echo/all", "PATCH", { a: 1 }));
  await keep("DELETE of nothing", vendor.customCode("echo/all", "DELETE", null));
  await keep("no resource", vendor.customCode("echo/none", "GET", null));
  await keep("app config", vendor.appConfig());
  await keep("events", vendor.analytics(vendor.session));
  return { session: vendor.session, device: vendor.device, told };
};
