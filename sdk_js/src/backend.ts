import { Analytics } from "./analytics";
import { AppConfig } from "./app_config";
import { Authorization } from "./authorization";
import type { FailureCallback, SuccessCallback } from "./callbacks";
import { basicSettings, NEW, OLD, type Settings } from "./config";
import { CustomCode } from "./custom_code";
import { Diagnostics } from "./diagnostics";
import type { Log } from "./log";
import { McsError, type NetworkResponse, type RequestOptions } from "./network";
import type { Platform, ServiceRequest } from "./platform";

/** The version of the SDK; the build writes it in. */
declare const SDK_VERSION: string;

/** One mobile backend of the platform, and the services an app reaches through it. */
export class MobileBackend {
  /** The name of the backend in the configuration. */
  readonly name: string;
  /** Calls to custom APIs. */
  readonly customCode: CustomCode;
  /** The id that ties this object's calls together. */
  readonly diagnostics: Diagnostics;
  /** The app's configuration on the platform. */
  readonly appConfig: AppConfig;
  /** What users do: sessions and events. */
  readonly analytics: Analytics;
  /** @internal */
  readonly settings: Settings;
  /** @internal */
  readonly platform: () => Platform;
  /** @internal */
  readonly logger: Log;
  private current: Authorization | undefined;

  /** @internal */
  constructor(settings: Settings, platform: () => Platform, log: Log) {
    this.name = settings.name;
    this.settings = settings;
    this.platform = platform;
    this.logger = log;
    this.customCode = new CustomCode(this);
    this.diagnostics = new Diagnostics();
    this.appConfig = new AppConfig(this);
    this.analytics = new Analytics(this);
    if (/1$/.test(settings.baseUrl)) {
      log.warn(`baseUrl ${settings.baseUrl} ends in 1: some of Oracle's SDKs turn such a port into 7777; choose another`);
    }
    log.info(`mobile backend "${settings.name}" is at ${settings.baseUrl}`);
  }

  /** Logins; `undefined` until `setAuthenticationType`. */
  get authorization(): Authorization | undefined {
    return this.current;
  }

  /** The same as `authorization`. */
  get Authorization(): Authorization | undefined {
    return this.current;
  }

  /** The same as `customCode`. */
  get CustomCode(): CustomCode {
    return this.customCode;
  }

  /** The same as `diagnostics`. */
  get Diagnostics(): Diagnostics {
    return this.diagnostics;
  }

  /** The same as `analytics`. */
  get Analytics(): Analytics {
    return this.analytics;
  }

  /** The same as `appConfig`. */
  get AppConfig(): AppConfig {
    return this.appConfig;
  }

  /**
   * Chooses how users log in: `"basicAuth"` or `"basic"`, the same thing. Ends a login there may be.
   *
   * Throws a `TypeError` for any other type, and if the configuration lacks the section or its backend id.
   */
  setAuthenticationType(type: string): Authorization {
    if (type !== OLD.basic && type !== NEW.basic) {
      throw new TypeError(`Authentication type "${type}" is not supported, use "${this.settings.dialect.basic}".`);
    }
    this.current?.logout();
    this.current = new Authorization(this, basicSettings(this.settings));
    return this.current;
  }

  /** The type chosen, as the configuration's shape names it; `undefined` until `setAuthenticationType`. */
  getAuthenticationType(): string | undefined {
    return this.current && this.settings.dialect.basic;
  }

  /** The same as `getAuthenticationType`. */
  getAuthenticationTypeVariable(): string | undefined {
    return this.getAuthenticationType();
  }

  /** The address of a platform API, for instance of `"users/~"`. */
  getPlatformUrl(path: string): string {
    return `${this.settings.baseUrl}/mobile/platform/${withoutOuterSlashes(path)}`;
  }

  /** The address of a custom API's resource, for instance of `"synapse/event/info/all"`. */
  getCustomCodeUrl(path: string): string {
    return `${this.settings.baseUrl}/mobile/custom/${withoutOuterSlashes(path)}`;
  }

  /**
   * The headers of a call: backend, credentials, diagnostics, SDK. For apps that send requests themselves.
   *
   * Takes `(headers?)` or `(module, headers?)`; the given headers are added and win. `module` is the name in brackets
   * in `Oracle-Mobile-Client-SDK-Info`.
   */
  getHttpHeaders(headers?: Record<string, string>): Record<string, string>;
  getHttpHeaders(module: string, headers?: Record<string, string>): Record<string, string>;
  getHttpHeaders(first?: string | Record<string, string>, second?: Record<string, string>): Record<string, string> {
    const [module, headers] = typeof first === "string" ? [first, second] : [undefined, first];
    return {
      ...this.identityHeaders(module),
      "Oracle-Mobile-DIAGNOSTIC-SESSION-ID": this.diagnostics.getSessionId(),
      "Oracle-Mobile-DEVICE-ID": this.platform().getDeviceId(),
      "Oracle-Mobile-CLIENT-REQUEST-TIME": new Date().toISOString(),
      ...headers,
    };
  }

  /** The same as `appConfig.loadAppConfig`. */
  loadAppConfig<T = any>(options?: RequestOptions): Promise<NetworkResponse<T>>;
  loadAppConfig<T = any>(
    success: SuccessCallback<T> | null | undefined,
    failure?: FailureCallback | null,
    options?: RequestOptions,
  ): Promise<NetworkResponse<T> | undefined>;
  loadAppConfig(...tail: any[]): Promise<any> {
    return this.appConfig.loadAppConfig(...tail);
  }

  /** The headers that a login has too. @internal */
  identityHeaders(module?: string): Record<string, string> {
    const { applicationKey } = this.settings;
    const info = `${this.platform().name} ${SDK_VERSION}`;
    const headers: Record<string, string> = { "Oracle-Mobile-Client-SDK-Info": module ? `${info} [${module}]` : info };
    if (applicationKey) headers["Oracle-Mobile-Application-Key"] = applicationKey;
    return { ...headers, ...(this.current && this.current.headers()) };
  }

  /** Sends a request through the platform object; every failure is an {@link McsError}. @internal */
  async send(request: ServiceRequest): Promise<NetworkResponse> {
    const line = `${request.method} ${request.url}`;
    const timeout = request.timeout ?? this.settings.timeout;
    try {
      const response = await this.platform().invokeService({ ...request, timeout });
      this.logger.request(`${line}: ${response.statusCode}`);
      return response;
    } catch (reason) {
      const error = McsError.of(reason);
      this.logger.error(error.message);
      throw error;
    }
  }
}

/** One slash is taken off the end of the path proper, all from its start; a query stays as it is. */
function withoutOuterSlashes(path: string): string {
  return path.replace(/^\/+/, "").replace(/^([^?#]*)\/(?=$|[?#])/, "$1");
}
