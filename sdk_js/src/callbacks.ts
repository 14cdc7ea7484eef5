import { McsError, type ResponseHeaders, type RequestOptions } from "./network";

/** Called once with the status, the parsed body (or what the method says) and the headers of a 2xx answer. */
export type SuccessCallback<T = any> = (statusCode: number, data: T, headers: ResponseHeaders) => void;

/** Called once with the status (0: no answer), the parsed error body or `null`, and the headers. */
export type FailureCallback = (statusCode: number, data: any, headers: ResponseHeaders) => void;

/** The trailing arguments of a call: `(options?)` or `(success?, failure?, options?)`. @internal */
export type Tail = ReadonlyArray<unknown>;

/** The call options among the trailing arguments of a call. @internal */
export function optionsOf(tail: Tail): RequestOptions {
  const found = tail.find((argument) => typeof argument === "object" && argument !== null);
  return (found ?? {}) as RequestOptions;
}

/**
 * Serves both styles: calls back, and returns a promise.
 *
 * With a failure callback the promise resolves with `undefined` on failure, so that apps which only use callbacks
 * do not meet unhandled rejections; without one it rejects. An exception of a callback rejects the promise and
 * never reaches the other callback. @internal
 */
export function settle<R extends { statusCode: number; headers: ResponseHeaders }>(
  call: Promise<R>,
  tail: Tail,
  payload: (response: R) => unknown,
): Promise<R | undefined> {
  const [success, failure] = tail;
  return call.then(
    (response) => {
      if (typeof success === "function") success(response.statusCode, payload(response), response.headers);
      return response;
    },
    (reason: unknown) => {
      const error = McsError.of(reason);
      if (typeof failure !== "function") throw error;
      failure(error.statusCode, error.data, error.headers);
      return undefined;
    },
  );
}
