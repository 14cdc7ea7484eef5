import { McsError, type NetworkResponse, type ResponseHeaders, type RequestOptions } from "./network";
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
}

/** The device and the network underneath. Subclass it and set it as `mcs.mobileBackendManager.platform` to replace either. */
export class Platform {
  /** What `Oracle-Mobile-Client-SDK-Info` begins with. */
  readonly name: string = isReactNative() ? "ReactNative" : "Javascript";
  readonly isBrowser: boolean = false;
  readonly isCordova: boolean = false;
  private readonly deviceId = uuid();

  /** The value of `Oracle-Mobile-DEVICE-ID`: random, new for each platform object. */
  getDeviceId(): string {
    return this.deviceId;
  }

  /**
   * Sends a request with `fetch`, without cookies.
   *
   * Resolves with a 2xx answer and rejects with an {@link McsError} otherwise.
   */
  async invokeService(request: ServiceRequest): Promise<NetworkResponse> {
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
  const { method, url, headers, data, timeout, signal } = request;
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
      body: bodyOf(method, data),
      // Authorization is set explicitly; cookies and the browser's own password dialog stay out of it.
      // No `cache` here: React Native's fetch would answer "no-store" with a `_` parameter in the address.
      credentials: "omit",
      signal: controller.signal,
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
