import type { MobileBackend } from "./backend";
import { optionsOf, settle, statusAndData, type FailureCallback, type SuccessCallback, type Tail } from "./callbacks";
import { McsError, type NetworkResponse, type RequestOptions } from "./network";

/** The properties that the team sets for the app on the platform. */
export class AppConfig {
  private readonly backend: MobileBackend;

  /** @internal */
  constructor(backend: MobileBackend) {
    this.backend = backend;
  }

  /**
   * Fetches the app's configuration, a JSON object.
   *
   * Works before a login too: with the older configuration shape the SDK logs in anonymously first; with the newer
   * one it sends the anonymous credentials with this call alone. Needs `setAuthenticationType` (status 401 if not).
   */
  loadAppConfig<T = any>(options?: RequestOptions): Promise<NetworkResponse<T>>;
  loadAppConfig<T = any>(
    success: SuccessCallback<T> | null | undefined,
    failure?: FailureCallback | null,
    options?: RequestOptions,
  ): Promise<NetworkResponse<T> | undefined>;
  loadAppConfig(...tail: Tail): Promise<any> {
    return settle(this.load(optionsOf(tail)), tail, statusAndData);
  }

  private async load(options: RequestOptions): Promise<NetworkResponse> {
    const { backend } = this;
    const authorization = backend.authorization;
    if (!authorization) throw new McsError("loadAppConfig: call setAuthenticationType first", 401, "Unauthorized");
    if (!authorization.isAuthorized && backend.settings.dialect.appConfigLogsIn) {
      await authorization.authenticateAnonymous(options);
    }
    const headers = backend.getHttpHeaders("AppConfig", { "Content-Type": "application/json" });
    if (!authorization.isAuthorized) headers.Authorization = "Basic " + authorization.anonymousCredentials();
    const url = backend.getPlatformUrl("appconfig/client");
    return backend.send({ ...options, method: "GET", url, headers });
  }
}
