/** Something that happened in the app. Properties may still be added after it was logged, until it is sent. */
export class AnalyticsEvent {
  /** What happened. */
  name: string;
  /** `"custom"` if absent; the SDK's own events are `"system"`. */
  type?: string;
  /** When it happened, ISO 8601. */
  timestamp: string;
  /** The session that it belongs to; set when it is logged. */
  sessionID?: string;
  /** The part of the app that it belongs to. */
  component?: string;
  /** Anything that JSON has: up to 100 properties and 8 kB. */
  properties: Record<string, any>;

  constructor(name: string, properties: Record<string, any> = {}) {
    this.name = name;
    this.timestamp = new Date().toISOString();
    this.properties = properties;
  }

  /** The name. */
  getName(): string {
    return this.name;
  }

  /** The session, once it was logged in one. */
  getSessionId(): string | undefined {
    return this.sessionID;
  }
}

/** An event as JSON; `undefined` when it has something that JSON has not, such as a circle. @internal */
export function encode(event: AnalyticsEvent): string | undefined {
  try {
    return JSON.stringify(event);
  } catch {
    return undefined;
  }
}

/** An event of the SDK's own. @internal */
export function systemEvent(name: string, sessionID?: string, properties: Record<string, any> = {}): AnalyticsEvent {
  const event = new AnalyticsEvent(name, properties);
  event.type = "system";
  if (sessionID) event.sessionID = sessionID;
  return event;
}
