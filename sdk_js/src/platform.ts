import { McsError, type NetworkResponse, type ResponseHeaders, type RequestOptions } from "./network";
import { settle } from "./callbacks";
import { uuid } from "./uuid";

/** Set by the scripts of a Cordova app. */
declare const cordova: unknown;

/** One HTTP request as a {@link Platform} sends it. */
export interface ServiceRequest extends RequestOptions {
  method: string;
  /** The full address. */
  url: string;
  headers?: Record<string, string>;
  /** The body: a text is sent as it is, anything else as JSON, `null` and `undefined` not at all. */
  data?: unknown;
  /** The same as `data`, for apps of the earliest SDKs. */
  body?: unknown;
  /** Let the request outlive its page; its body may then have 64 kB. */
  keepalive?: boolean;
  /** Called with an answer, for apps of the earliest SDKs; the first argument stands for their `XMLHttpRequest`. */
  success?: (request: { status: number; getResponseHeader(name: string): string | null }, data: any) => void;
  /** Called with a failure, likewise; the promise then resolves with `undefined`. */
  error?: (statusCode: number, data: any) => void;
}

/** Where a device is, in degrees. */
export interface Location {
  latitude: number | string;
  longitude: number | string;
}

/** What an app runs on; what is not known is absent. */
export interface DeviceInformation {
  model?: string;
  manufacturer?: string;
  osName?: string;
  osVersion?: string;
  osBuild?: string;
  carrier?: string;
}

/** The device and the network underneath. Subclass it and set it as `mcs.mobileBackendManager.platform` to replace either. */
export class Platform {
  /** What `Oracle-Mobile-Client-SDK-Info` begins with. */
  readonly name: string = isReactNative() ? "ReactNative" : "Javascript";
  readonly isBrowser: boolean = false;
  readonly isCordova: boolean = false;
  private readonly deviceId = uuid();
  private location: Location | null = null;

  /** The value of `Oracle-Mobile-DEVICE-ID`: random, new for each platform object. */
  getDeviceId(): string {
    return this.deviceId;
  }

  /** Where the device is; `null` while nobody has said so: the SDK asks no user for it. */
  getGPSLocation(): Location | null {
    return this.location;
  }

  /** What the app runs on, as the browser or the Cordova plug-in tells it. */
  getDeviceInformation(): DeviceInformation {
    return deviceInformation();
  }

  /** What the app knows of the device: `{gpsLocation: {latitude, longitude}}`. */
  setDeviceState(state: { gpsLocation?: Location | null } | null | undefined): void {
    this.location = state?.gpsLocation ?? null;
  }

  /**
   * Sends a request with `fetch`, without cookies.
   *
   * Resolves with a 2xx answer and rejects with an {@link McsError} otherwise. With the callbacks `success` and `error`
   * in the request, those are called, too.
   */
  invokeService(request: ServiceRequest): Promise<NetworkResponse> {
    const { success, error } = request;
    const answered = (response: NetworkResponse): [unknown, unknown] => [xhrOf(response), response.data];
    return settle(this.exchange(request), [success, error], answered) as Promise<NetworkResponse>;
  }

  private async exchange(request: ServiceRequest): Promise<NetworkResponse> {
    const { statusCode, headers, text } = await exchange(request);
    const data = parse(text);
    if (statusCode >= 200 && statusCode < 300) return { statusCode, data, headers };
    const reason = data && (data.detail || data.title);
    const message = `${request.method} ${request.url}: ${statusCode}${reason ? " " + String(reason) : ""}`;
    throw new McsError(message, statusCode, data, headers);
  }
}

/** A page in a browser. */
export class BrowserPlatform extends Platform {
  override readonly isBrowser: boolean = true;
}

/** A Cordova app. */
export class CordovaPlatform extends Platform {
  override readonly name: string = "Cordova";
  override readonly isCordova: boolean = true;
}

/** The platform that fits where the script runs. @internal */
export function detectPlatform(): Platform {
  if (typeof cordova !== "undefined") return new CordovaPlatform();
  return typeof document === "undefined" ? new Platform() : new BrowserPlatform();
}

function xhrOf({ statusCode, headers }: NetworkResponse): unknown {
  return { status: statusCode, getResponseHeader: (name: string) => headers[name.toLowerCase()] ?? null };
}

const SYSTEMS: ReadonlyArray<[RegExp, string]> = [
  [/Android ([\d.]+)/, "Android"],
  [/(?:iPhone|iPad).*? OS ([\d_]+)/, "iOS"],
  [/Windows NT ([\d.]+)/, "Windows"],
  [/Mac OS X ([\d_.]+)/, "macOS"],
  [/(?:CrOS \w+|Linux) ?([\d.]*)/, "Linux"],
];

function deviceInformation(): DeviceInformation {
  const plugin = (globalThis as { device?: Record<string, string> }).device;
  if (plugin?.platform && plugin.model) {
    const { model, manufacturer, platform: osName, version: osVersion } = plugin;
    return { model, manufacturer, osName, osVersion };
  }
  const agent = typeof navigator === "undefined" ? "" : String(navigator.userAgent);
  for (const [pattern, osName] of SYSTEMS) {
    const found = pattern.exec(agent);
    if (found) return { osName, ...(found[1] && { osVersion: found[1].replace(/_/g, ".") }) };
  }
  return {};
}

function isReactNative(): boolean {
  return typeof navigator !== "undefined" && navigator.product === "ReactNative";
}

/** The longest time a timer can be set to; with more it would go off at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

interface Answer {
  statusCode: number;
  headers: ResponseHeaders;
  text: string;
}

/** One request and the whole answer, within the time limit and until the signal. */
async function exchange(request: ServiceRequest): Promise<Answer> {
  const { method, url, headers, data, body, timeout, signal, keepalive } = request;
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  let timedOut = false;
  const expire = (): void => {
    timedOut = true;
    stop();
  };
  if (signal?.aborted) stop();
  signal?.addEventListener("abort", stop);
  const timer = timeout && timeout <= LONGEST_TIMER ? setTimeout(expire, timeout) : undefined;
  try {
    const response = await fetch(url, {
      method,
      headers,
      body: bodyOf(method, data ?? body),
      // Authorization is set explicitly; cookies and the browser's own password dialog stay out of it.
      // No `cache` here: React Native's fetch would answer "no-store" with a `_` parameter in the address.
      credentials: "omit",
      signal: controller.signal,
      ...(keepalive && { keepalive }),
    });
    const text = await response.text();
    return { statusCode: response.status, headers: headersOf(response), text };
  } catch (reason) {
    throw noAnswer(request, reason, timedOut);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
  }
}

function noAnswer({ method, url, timeout, signal }: ServiceRequest, reason: unknown, timedOut: boolean): McsError {
  if (timedOut) {
    const cause = new Error(`no answer within ${timeout} ms`);
    cause.name = "TimeoutError";
    return new McsError(`${method} ${url}: ${cause.message}`, 0, null, {}, cause);
  }
  if (signal?.aborted) return new McsError(`${method} ${url}: aborted`, 0, null, {}, signal.reason ?? reason);
  const hint = "no answer; the server cannot be reached, or its CORS settings refuse this page";
  return new McsError(`${method} ${url}: ${hint}`, 0, null, {}, reason);
}

function bodyOf(method: string, data: unknown): string | undefined {
  // `fetch` refuses a body with these two; XMLHttpRequest, which older apps were written for, drops it.
  if (data === undefined || data === null || method === "GET" || method === "HEAD") return undefined;
  return typeof data === "string" ? data : JSON.stringify(data);
}

function headersOf(response: Response): ResponseHeaders {
  const headers: ResponseHeaders = {};
  response.headers.forEach((value, name) => {
    headers[name.toLowerCase()] = value;
  });
  return headers;
}

/** The JSON value, or `null` for an empty body and for anything that is not JSON. */
function parse(text: string): any {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
