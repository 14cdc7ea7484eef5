import mcs = require("@openmcs/sdk");

mcs.mobileBackendManager.platform = new mcs.BrowserPlatform();
mcs.default.MobileBackendManager.setConfig({
  mobileBackends: { s: { baseUrl: "http://localhost", authorization: { basicAuth: { backendId: "b" } } } },
});
const backend = mcs.mobileBackendManager.getMobileBackend("s");
backend?.Authorization?.authenticate("u", "p", (status: number, data: unknown) => [status, data]);
// @ts-expect-error
backend.name;
