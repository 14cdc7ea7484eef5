/* global mcs, mcs_config */
// Lists the events of the Synapse API, in the style of apps for the older SDKs: named backend, callbacks.
(function () {
  "use strict";

  var FIELDS = ["name", "category", "severity", "latitude", "longitude", "startedOn"];
  var backend;

  function element(id) {
    return document.getElementById(id);
  }

  function show(text, failed) {
    element("status").textContent = text;
    element("status").className = failed ? "failed" : "";
  }

  function fail(statusCode, data) {
    element("events").replaceChildren();
    var reason = data ? data.detail || data.message || data.title || data : "the server cannot be reached";
    show("Failed (" + statusCode + "): " + reason, true);
  }

  function row(event) {
    var line = document.createElement("tr");
    line.dataset.id = event.id;
    line.dataset.severity = event.severity;
    FIELDS.forEach(function (field) {
      // Text, never markup: events come from other people.
      line.insertCell().textContent = event[field] === undefined ? "" : event[field];
    });
    return line;
  }

  function list(statusCode, data) {
    var events = (data && data.data) || [];
    element("events").replaceChildren.apply(element("events"), events.map(row));
    show(events.length + (events.length === 1 ? " event" : " events"));
  }

  function loadEvents() {
    show("Loading …");
    backend.CustomCode.invokeCustomCodeJSONRequest("synapse/event/info/all", "GET", null, list, fail);
  }

  function start() {
    mcs.mobileBackendManager.platform = new mcs.BrowserPlatform();
    mcs.mobileBackendManager.setConfig(mcs_config);
    backend = mcs.mobileBackendManager.getMobileBackend("synapse");
    if (!backend) {
      show("oracle_mobile_cloud_config.js has no mobile backend called synapse.", true);
      return;
    }
    backend.setAuthenticationType("basicAuth");

    element("anonymous").addEventListener("click", function () {
      show("Logging in …");
      backend.Authorization.authenticateAnonymous(loadEvents, fail);
    });
    element("login-form").addEventListener("submit", function (submit) {
      submit.preventDefault();
      show("Logging in …");
      backend.Authorization.authenticate(element("username").value, element("password").value, loadEvents, fail);
    });
  }

  /** The SDK beside this page, or the one ?sdk= names: only of this site, or a link could run anything here. */
  function sdkAddress() {
    var wanted = new URLSearchParams(location.search).get("sdk") || "mcs.min.js";
    var address = new URL(wanted, location.href);
    return address.protocol === location.protocol && address.host === location.host ? address.href : "mcs.min.js";
  }

  var script = document.createElement("script");
  script.src = sdkAddress();
  script.onload = start;
  script.onerror = function () {
    show("The SDK is missing: " + script.src, true);
  };
  document.body.appendChild(script);
})();
