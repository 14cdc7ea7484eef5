import { MobileBackend } from "./backend";
import { OLD, settingsOf, type BackendConfig, type MobileBackendsConfig } from "./config";
import { Log, LOG_LEVEL } from "./log";
import { detectPlatform, type Platform } from "./platform";

/** The mobile backends of a configuration, by name; `mcs.mobileBackendManager` is the one object of this class. */
export class MobileBackendManager {
  private chosenPlatform: Platform | null = null;
  private config: MobileBackendsConfig = { mobileBackends: {} };
  private backends = new Map<string, MobileBackend>();

  /** The device and the network underneath; chosen by where the script runs unless set. */
  get platform(): Platform {
    return (this.chosenPlatform ??= detectPlatform());
  }

  set platform(platform: Platform) {
    this.chosenPlatform = platform;
  }

  /** Sets the configuration; backends handed out before keep theirs. Throws a `TypeError` if `mobileBackends` is missing. */
  setConfig(config: MobileBackendsConfig): void {
    if (typeof config?.mobileBackends !== "object" || config.mobileBackends === null) {
      throw new TypeError("setConfig: the configuration needs mobileBackends, an object of backends by name.");
    }
    this.config = config;
    this.backends = new Map();
  }

  /**
   * The backend of that name, the same object each time; `null` if the configuration has none. Blanks in the name do
   * not count. Throws a `TypeError` if the backend's configuration lacks `baseUrl` or `authorization`.
   */
  getMobileBackend(name: string): MobileBackend | null {
    const key = withoutBlanks(name);
    const known = this.backends.get(key);
    if (known) return known;
    const log = new Log(this.config.logLevel ?? LOG_LEVEL.INFO, this.config.logHTTP === true);
    const found = this.find(key);
    if (!found) {
      log.error(`the configuration has no mobile backend "${name}"`);
      return null;
    }
    const settings = settingsOf(key, found, OLD, this.config);
    const backend = new MobileBackend(settings, () => this.platform, log);
    this.backends.set(key, backend);
    return backend;
  }

  /** `setConfig` and `getMobileBackend` in one. */
  returnMobileBackend(name: string, config: MobileBackendsConfig): MobileBackend | null {
    this.setConfig(config);
    return this.getMobileBackend(name);
  }

  private find(key: string): BackendConfig | undefined {
    const { mobileBackends } = this.config;
    const name = Object.keys(mobileBackends).find((candidate) => withoutBlanks(candidate) === key);
    return name === undefined ? undefined : mobileBackends[name];
  }
}

function withoutBlanks(name: string): string {
  return String(name).replace(/\s/g, "");
}
