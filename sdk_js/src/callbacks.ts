import { McsError, type NetworkResponse, type ResponseHeaders, type RequestOptions } from "./network";

/** Called once with the status and the parsed body (or what the method says) of a 2xx answer. */
export type SuccessCallback<T = any> = (statusCode: number, data: T) => void;

/** The same, with the headers besides: custom code's alone. */
export type CustomCodeCallback<T = any> = (statusCode: number, data: T, headers: ResponseHeaders) => void;

/** Called once with the status (0: no answer) and the parsed error body or `null`. */
export type FailureCallback = (statusCode: number, data: any) => void;

/** The trailing arguments of a call: `(options?)` or `(success?, failure?, options?)`. @internal */
export type Tail = ReadonlyArray<unknown>;

/** Status and body: what most success callbacks are told. @internal */
export function statusAndData(response: NetworkResponse): [number, unknown] {
  return [response.statusCode, response.data];
}

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
 * never reaches the other callback. `told` are the arguments of the success callback: apps count them. @internal
 */
export function settle<R>(
  call: Promise<R>,
  tail: Tail,
  told: (response: R) => ReadonlyArray<unknown>,
): Promise<R | undefined> {
  const [success, failure] = tail;
  return call.then(
    (response) => {
      if (typeof success === "function") success(...told(response));
      return response;
    },
    (reason: unknown) => {
      const error = McsError.of(reason);
      if (typeof failure !== "function") throw error;
      failure(error.statusCode, error.data);
      return undefined;
    },
  );
}
