import { AnalyticsEvent } from "./analytics_event";
import { MobileBackend } from "./backend";
import { MobileBackendManager } from "./backends";
import { NEW, OLD, settingsOf, type McsConfig } from "./config";
import { Log, LOG_LEVEL } from "./log";
import { McsError, NetworkAnswer } from "./network";
import { BrowserPlatform, CordovaPlatform, Platform } from "./platform";
import { MemoryStore, WebStore } from "./store";
import { User } from "./user";

/** The ways to log in, as `setAuthenticationType` of a named backend takes them. */
export const AUTHORIZATION_TYPES = Object.freeze({ basicAuth: "basicAuth" });

/** The ways to log in, as `mobileBackend.setAuthenticationType` takes them. */
export const AUTHENTICATION_TYPES = Object.freeze({ basic: "basic" });

/** The one {@link MobileBackendManager}. */
export const mobileBackendManager = new MobileBackendManager();

/** The backend of the last `init`; `undefined` before. */
export let mobileBackend: MobileBackend | undefined;

/**
 * Makes `mcs.mobileBackend` from a configuration with one backend, and selects `authentication.type` if it is there.
 *
 * Throws a `TypeError` that names the field if the configuration is incomplete or its type is not supported.
 */
export function init(config: McsConfig): void {
  const backend = config?.mobileBackend;
  if (typeof backend !== "object" || backend === null) {
    throw new TypeError("init: the configuration needs mobileBackend, an object.");
  }
  const settings = settingsOf(String(backend.name), backend, NEW, config);
  const log = new Log(config.logLevel ?? LOG_LEVEL.NONE, config.logHTTP === true);
  const created = new MobileBackend(settings, () => mobileBackendManager.platform, log);
  const { type } = backend.authentication;
  if (type !== undefined) created.setAuthenticationType(type);
  mobileBackend = created;
}

/** Everything in one object: the global `mcs`, what `require` returns, and the default export. */
const mcs = {
  init,
  get mobileBackend(): MobileBackend | undefined {
    return mobileBackend;
  },
  mobileBackendManager,
  /** The same as `mobileBackendManager`. */
  MobileBackendManager: mobileBackendManager,
  Platform,
  BrowserPlatform,
  CordovaPlatform,
  User,
  McsError,
  AnalyticsEvent,
  MemoryStore,
  WebStore,
  NetworkResponse: NetworkAnswer,
  AUTHORIZATION_TYPES,
  AUTHENTICATION_TYPES,
  LOG_LEVEL,
  /** The same as `LOG_LEVEL`. */
  logLevel: LOG_LEVEL,
  AuthenticationTypeBasic: OLD.basic,
  logLevelError: LOG_LEVEL.ERROR,
  logLevelInfo: LOG_LEVEL.INFO,
  logLevelVerbose: LOG_LEVEL.VERBOSE,
};

export default mcs;
export { AnalyticsEvent, BrowserPlatform, CordovaPlatform, LOG_LEVEL, McsError, MemoryStore, Platform, User, WebStore };
export type { Analytics, FlushedCallback } from "./analytics";
export type { AppConfig } from "./app_config";
export type { Authorization, UserResponse } from "./authorization";
export type { MobileBackend } from "./backend";
export type { MobileBackendManager } from "./backends";
export type { CustomCodeCallback, FailureCallback, SuccessCallback } from "./callbacks";
export type { AnalyticsConfig, BackendConfig, BasicAuthConfig, McsConfig, MobileBackendsConfig } from "./config";
export type { CustomCode } from "./custom_code";
export type { Diagnostics } from "./diagnostics";
export type { CustomCodeOptions, NetworkResponse, RequestOptions, ResponseHeaders } from "./network";
export type { DeviceInformation, Location, ServiceRequest } from "./platform";
export type { Store, WebStorage } from "./store";
