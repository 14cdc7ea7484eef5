import { uuid } from "./uuid";

/** Ties the calls of one backend object together in the platform's log. */
export class Diagnostics {
  private readonly sessionId = uuid();

  /** The value of `Oracle-Mobile-DIAGNOSTIC-SESSION-ID`: random, new for each backend object. */
  getSessionId(): string {
    return this.sessionId;
  }
}
