import type { MobileBackend } from "./backend";
import { optionsOf, settle, statusAndData, type CustomCodeCallback, type FailureCallback, type Tail } from "./callbacks";
import { McsError, type CustomCodeOptions, type NetworkResponse } from "./network";

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

/** Calls the custom APIs of a backend. */
export class CustomCode {
  private readonly backend: MobileBackend;

  /** @internal */
  constructor(backend: MobileBackend) {
    this.backend = backend;
  }

  /**
   * Calls `{baseUrl}/mobile/custom/{path}`.
   *
   * `path` is the API's name and the resource, with or without a leading slash, for instance
   * `"synapse/event/info/all?limit=10"`; values from users belong into `encodeURIComponent`. `data` goes out as
   * JSON; `null` and `undefined` mean no body, and GET and HEAD never have one. A method that HTTP APIs do not use
   * fails with status 501 without a request.
   */
  invokeCustomCodeJSONRequest<T = any>(
    path: string,
    method: string,
    data?: unknown,
    options?: CustomCodeOptions,
  ): Promise<NetworkResponse<T>>;
  invokeCustomCodeJSONRequest<T = any>(
    path: string,
    method: string,
    data: unknown,
    success: CustomCodeCallback<T> | null | undefined,
    failure?: FailureCallback | null,
    options?: CustomCodeOptions,
  ): Promise<NetworkResponse<T> | undefined>;
  invokeCustomCodeJSONRequest(path: string, method: string, data?: unknown, ...tail: Tail): Promise<any> {
    return settle(this.invoke(path, method, data, optionsOf(tail)), tail, (response) => [
      response.statusCode,
      response.data,
      response.headers,
    ]);
  }

  /** The name of {@link invokeCustomCodeJSONRequest} in the earliest SDKs; their callbacks are told status and body. */
  callCustomCode(path: string, method: string, data?: unknown, ...tail: any[]): Promise<any> {
    return settle(this.invoke(path, method, data, optionsOf(tail)), tail, statusAndData);
  }

  /** Posts `data`; the callbacks are told `"SUCCESS"` or `"FAILURE"`. For apps of the earliest SDKs. */
  invokeCustomCodeStoreData(
    path: string,
    data: unknown,
    success?: ((outcome: "SUCCESS") => void) | null,
    failure?: ((outcome: "FAILURE") => void) | null,
  ): Promise<NetworkResponse | undefined> {
    const failed = typeof failure === "function" ? () => failure("FAILURE") : failure;
    return settle(this.invoke(path, "POST", data, {}), [success, failed], () => ["SUCCESS"]);
  }

  private async invoke(path: string, method: string, data: unknown, options: CustomCodeOptions): Promise<NetworkResponse> {
    const verb = String(method).toUpperCase();
    if (!METHODS.includes(verb)) {
      throw new McsError(`${path}: there is no method "${method}", use one of ${METHODS.join(", ")}`, 501, "Not Implemented");
    }
    const { backend } = this;
    return backend.send({
      ...options,
      method: verb,
      url: backend.getCustomCodeUrl(path),
      // Also without a body: servers of this protocol have always seen it on every call.
      headers: backend.getHttpHeaders("CustomCode", { "Content-Type": "application/json", ...options.headers }),
      data: data === undefined || data === null ? undefined : JSON.stringify(data),
    });
  }
}
