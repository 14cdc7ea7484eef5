import { MemoryStore, type Store } from "./store";

/** The `basicAuth` section of a backend: login with user name and password, or anonymously. */
export interface BasicAuthConfig {
  /** Id of the mobile backend. */
  backendId: string;
  /** Base64 of `user:password` of the backend's anonymous user. Needed for anonymous access only. */
  anonymousToken?: string;
}

/** How a backend's events are sent. */
export interface AnalyticsConfig {
  /** Whether the platform object is asked where the device is; `true` if absent. */
  location?: boolean;
  /** Events that are sent at once; 25 if absent. */
  batchSize?: number;
  /** Milliseconds after which fewer are sent, too; 30 000 if absent. */
  flushInterval?: number;
  /** Events that wait while there is no network; 1 000 if absent. The oldest give way. */
  queueSize?: number;
}

/** One mobile backend of a {@link MobileBackendsConfig}. Further keys are the app's own. */
export interface BackendConfig {
  /** Where the platform is, for instance `https://mobile.example.com`. A trailing slash does no harm. */
  baseUrl: string;
  /** Sent as `Oracle-Mobile-Application-Key` if present. */
  applicationKey?: string;
  /** How events are sent. */
  analytics?: AnalyticsConfig;
  /** One section for each way to log in. */
  authorization: { basicAuth?: BasicAuthConfig; [section: string]: unknown };
  [key: string]: unknown;
}

/** The configuration with named backends, as `mcs_config` holds it in older apps. */
export interface MobileBackendsConfig {
  /** See {@link LOG_LEVEL}; information if absent. */
  logLevel?: number;
  /** Write one line for each request to the console. */
  logHTTP?: boolean;
  /** Milliseconds until a call fails; 60 000 if absent, `0` for no limit. */
  timeout?: number;
  /** Where logins and unsent events are kept; in memory if absent. */
  store?: Store;
  /** Backend name → backend. */
  mobileBackends: Record<string, BackendConfig>;
  [key: string]: unknown;
}

/** The configuration with one backend, as `mcs.init` takes it. */
export interface McsConfig {
  /** See {@link LOG_LEVEL}; nothing is written if absent. */
  logLevel?: number;
  /** Write one line for each request to the console. */
  logHTTP?: boolean;
  /** Milliseconds until a call fails; 60 000 if absent, `0` for no limit. */
  timeout?: number;
  /** Where logins and unsent events are kept; in memory if absent. */
  store?: Store;
  /** The backend. */
  mobileBackend: {
    name: string;
    /** How events are sent. */
    analytics?: AnalyticsConfig;
    /** Where the platform is, for instance `https://mobile.example.com`. A trailing slash does no harm. */
    baseUrl: string;
    authentication: {
      /** Selected by `mcs.init` if present: `"basic"`. */
      type?: string;
      basic?: {
        /** Id of the mobile backend. */
        mobileBackendId: string;
        /** Base64 of `user:password` of the backend's anonymous user. Needed for anonymous access only. */
        anonymousKey?: string;
      };
      [section: string]: unknown;
    };
    [key: string]: unknown;
  };
  [key: string]: unknown;
}

/** How the two configuration shapes call the same things. @internal */
export interface Dialect {
  /** The authentication type, which is also the name of its section. */
  basic: string;
  /** Where the sections are. */
  sections: string;
  backendId: string;
  anonymous: string;
  /** Whether `loadAppConfig` logs an unknown user in anonymously, or sends the anonymous credentials for that call only. */
  appConfigLogsIn: boolean;
}

/** @internal */
export const OLD: Dialect = {
  basic: "basicAuth",
  sections: "authorization",
  backendId: "backendId",
  anonymous: "anonymousToken",
  appConfigLogsIn: true,
};

/** @internal */
export const NEW: Dialect = {
  basic: "basic",
  sections: "authentication",
  backendId: "mobileBackendId",
  anonymous: "anonymousKey",
  appConfigLogsIn: false,
};

/** What a backend needs of either shape. @internal */
export interface Settings {
  dialect: Dialect;
  name: string;
  baseUrl: string;
  applicationKey?: string;
  sections: Record<string, unknown>;
  timeout: number;
  store: Store;
  analytics: Required<AnalyticsConfig>;
}

/** The credentials part of a section. @internal */
export interface BasicSettings {
  backendId: string;
  anonymousToken?: string;
}

const DEFAULT_TIMEOUT = 60_000;
const DEFAULT_ANALYTICS = { location: true, batchSize: 25, flushInterval: 30_000, queueSize: 1_000 };

/**
 * Reads one backend of either shape.
 *
 * Throws a `TypeError` that names the field when `baseUrl` or the sections are missing. @internal
 */
export function settingsOf(
  name: string,
  backend: Record<string, unknown>,
  dialect: Dialect,
  { timeout, store }: { timeout?: number; store?: Store },
): Settings {
  const { baseUrl, applicationKey } = backend;
  const sections = backend[dialect.sections];
  if (typeof baseUrl !== "string" || !baseUrl.trim()) {
    throw new TypeError(`Mobile backend "${name}": the configuration needs baseUrl, the address of the platform.`);
  }
  if (typeof sections !== "object" || sections === null) {
    throw new TypeError(`Mobile backend "${name}": the configuration needs the section ${dialect.sections}.`);
  }
  return {
    dialect,
    name,
    baseUrl: baseUrl.replace(/\s/g, "").replace(/\/+$/, ""),
    applicationKey: typeof applicationKey === "string" ? applicationKey : undefined,
    sections: sections as Record<string, unknown>,
    timeout: timeout ?? DEFAULT_TIMEOUT,
    store: store ?? new MemoryStore(),
    analytics: { ...DEFAULT_ANALYTICS, ...(backend.analytics as AnalyticsConfig | undefined) },
  };
}

/**
 * The basic section of a backend; throws a `TypeError` that names the section or field that is missing. @internal
 */
export function basicSettings(settings: Settings): BasicSettings {
  const { dialect, name } = settings;
  const where = `${dialect.sections}.${dialect.basic}`;
  const section = settings.sections[dialect.basic] as Record<string, unknown> | undefined;
  if (typeof section !== "object" || section === null) {
    throw new TypeError(`Mobile backend "${name}": the configuration has no section ${where}.`);
  }
  const backendId = section[dialect.backendId];
  if (typeof backendId !== "string" || !backendId) {
    throw new TypeError(`Mobile backend "${name}": the configuration needs ${where}.${dialect.backendId}.`);
  }
  const anonymousToken = section[dialect.anonymous];
  return { backendId, anonymousToken: typeof anonymousToken === "string" ? anonymousToken : undefined };
}
