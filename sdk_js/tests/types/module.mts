import mcs, { init, McsError, mobileBackend, type MobileBackend, type NetworkResponse, type Store } from "@openmcs/sdk";

interface Event {
  id: string;
}

init({ mobileBackend: { name: "s", baseUrl: "http://localhost", authentication: { basic: { mobileBackendId: "b" } } } });
const backend: MobileBackend | undefined = mobileBackend ?? mcs.mobileBackend;
const response: NetworkResponse<Event[]> = await backend!.customCode.invokeCustomCodeJSONRequest<Event[]>("a/b", "GET", null, {
  timeout: 5,
  signal: new AbortController().signal,
});
response.data[0]!.id.toUpperCase();
const status: number = new McsError("m", 0).statusCode;
// A failure callback makes the result optional.
const maybe = await backend!.loadAppConfig(null, () => {});
// @ts-expect-error
maybe.statusCode;
// @ts-expect-error
init({ mobileBackend: { name: "s", authentication: {} } });
// @ts-expect-error
backend.storage;
// @ts-expect-error
backend.send({});
const session: string = backend!.analytics.startSession();
const flushed: NetworkResponse | undefined = await backend!.analytics.endSession();
backend!.analytics.logNamedEvent("a", { n: 1 }).properties.more = true;
const store: Store = { get: async () => null, set: (key, value) => key + value };
init({ store, mobileBackend: { name: "s", baseUrl: "http://localhost", authentication: {} } });
const restored: boolean = await backend!.authorization!.restore();
await backend!.customCode.invokeCustomCodeJSONRequest("a/b", "GET", null, { headers: { "X-Own": "1" } });
// @ts-expect-error
backend!.loadAppConfig({ headers: {} });
export { flushed, restored, session, status };
