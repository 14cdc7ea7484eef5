/** Response headers; the names are in lower case. */
export type ResponseHeaders = Record<string, string>;

/** What the server answered. */
export interface NetworkResponse<T = any> {
  /** The HTTP status, 200 to 299. */
  statusCode: number;
  /** The parsed JSON body; `null` when the body is empty or is not JSON. */
  data: T;
  /** The response headers, names in lower case. */
  headers: ResponseHeaders;
}

/** What a platform object resolves with, for apps that make one themselves. */
export class NetworkAnswer<T = any> implements NetworkResponse<T> {
  statusCode: number;
  data: T;
  headers: ResponseHeaders;

  constructor(statusCode: number, data: T, headers: ResponseHeaders = {}) {
    this.statusCode = statusCode;
    this.data = data;
    this.headers = headers;
  }
}

/** Limits of one call. */
export interface RequestOptions {
  /** Aborts the call: it fails with status 0 and the signal's reason as `cause`. */
  signal?: AbortSignal;
  /** Milliseconds until the call fails with status 0; `0` and `Infinity` mean no limit. The configuration's `timeout` is the default. */
  timeout?: number;
}

/** Limits of a call to a custom API, and headers of its own. */
export interface CustomCodeOptions extends RequestOptions {
  /** Sent besides the SDK's, which they replace where the names are the same. */
  headers?: Record<string, string>;
}

/**
 * The only error that calls reject with.
 *
 * It has the fields of a {@link NetworkResponse}, so code that reads `statusCode` and `data` of a failure works as is.
 */
export class McsError extends Error {
  /** The HTTP status; 0 when no answer came (network, CORS, timeout, abort); 400, 401 or 501 for a call that was not sent. */
  readonly statusCode: number;
  /** The parsed JSON error body, usually with `title` and `detail`; a text if the call was not sent; else `null`. */
  readonly data: any;
  /** The response headers, names in lower case. */
  readonly headers: ResponseHeaders;
  /** The error underneath, if no answer came; its `name` is `TimeoutError` or `AbortError` for those two. */
  readonly cause?: unknown;

  constructor(message: string, statusCode: number, data: unknown = null, headers: ResponseHeaders = {}, cause?: unknown) {
    super(message);
    this.name = "McsError";
    this.statusCode = statusCode;
    this.data = data;
    this.headers = headers;
    if (cause !== undefined) this.cause = cause;
  }

  /** Makes the error of anything that a platform may have rejected with. @internal */
  static of(reason: unknown): McsError {
    if (reason instanceof McsError) return reason;
    const { statusCode, data, headers, message } = (reason ?? {}) as Partial<McsError>;
    const text = message ?? (statusCode ? "the server answered " + statusCode : "no answer came");
    const cause = reason instanceof Error ? reason : undefined;
    return new McsError(text, statusCode ?? 0, data ?? null, headers ?? {}, cause);
  }
}
