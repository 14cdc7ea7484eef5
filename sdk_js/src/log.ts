/**
 * How much the SDK writes to the console; the value of `logLevel` in a configuration.
 *
 * One scale serves both families of apps: errors from 1, information from 2, one line for every request from 3.
 */
export const LOG_LEVEL = Object.freeze({
  NONE: 0,
  ERROR: 1,
  WARN: 2,
  INFO: 2,
  VERBOSE: 3,
  DEBUG: 4,
});

/** What a backend may write to the console. Credentials and bodies are never written. @internal */
export class Log {
  private readonly level: number;
  private readonly http: boolean;

  constructor(level: number, http: boolean) {
    this.level = level;
    this.http = http;
  }

  error(message: string): void {
    if (this.level >= LOG_LEVEL.ERROR) console.error("mcs: " + message);
  }

  warn(message: string): void {
    if (this.level >= LOG_LEVEL.WARN) console.warn("mcs: " + message);
  }

  info(message: string): void {
    if (this.level >= LOG_LEVEL.INFO) console.info("mcs: " + message);
  }

  /** One line for one request; `logHTTP` switches these lines on at every level. */
  request(message: string): void {
    if (this.http || this.level >= LOG_LEVEL.VERBOSE) console.log("mcs: " + message);
  }
}
