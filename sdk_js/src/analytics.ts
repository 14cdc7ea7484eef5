import { AnalyticsEvent, encode, systemEvent } from "./analytics_event";
import type { MobileBackend } from "./backend";
import { optionsOf, settle, type FailureCallback, type Tail } from "./callbacks";
import { EventQueue } from "./event_queue";
import { McsError, type NetworkResponse, type RequestOptions } from "./network";
import { onHide } from "./page";
import { uuid } from "./uuid";

/** A request that outlives its page may carry 64 kB, and a character may be three bytes. */
const KEEPALIVE_CHARACTERS = 20_000;
/** The server takes a megabyte. */
const BATCH_CHARACTERS = 300_000;
const FIRST_RETRY = 5_000;
const LONGEST_RETRY = 300_000;

/** Called without arguments when all events are sent. */
export type FlushedCallback = () => void;

/**
 * Reports what users do: sessions and events.
 *
 * Events are queued and sent in batches: when enough have gathered, after some seconds, when the page is hidden,
 * and by `flush`. What cannot be sent is kept and tried again, later each time. Nothing here ever throws or rejects:
 * an app does not fail because its statistics do.
 */
export class Analytics {
  private readonly backend: MobileBackend;
  private readonly queue: EventQueue;
  private sessionId: string | undefined;
  private context: Record<string, string> = {};
  private sending: Promise<NetworkResponse | undefined> | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private failures = 0;

  /** @internal */
  constructor(backend: MobileBackend) {
    this.backend = backend;
    const { store, name, baseUrl, analytics } = backend.settings;
    this.queue = new EventQueue(store, `openmcs.${baseUrl}.${name}.events`, analytics.queueSize);
    void this.queue.restore().then(() => this.queue.length && !this.sending && this.schedule());
    onHide(() => this.leave());
  }

  /** The current session; `undefined` without one. */
  getSessionId(): string | undefined {
    return this.sessionId;
  }

  /** Begins a session, unless one is going on. Returns its id. */
  startSession(): string {
    if (!this.sessionId) {
      this.sessionId = uuid();
      this.add(systemEvent("sessionStart", this.sessionId));
    }
    return this.sessionId;
  }

  /** Ends the session and sends everything. */
  endSession(options?: RequestOptions): Promise<NetworkResponse | undefined>;
  endSession(
    success: FlushedCallback | null | undefined,
    failure?: FailureCallback | null,
    options?: RequestOptions,
  ): Promise<NetworkResponse | undefined>;
  endSession(...tail: any[]): Promise<NetworkResponse | undefined> {
    if (this.sessionId) {
      this.add(systemEvent("sessionEnd", this.sessionId));
      this.sessionId = undefined;
    }
    return this.flush(...tail);
  }

  /** Logs an event by its name, and returns it, so that properties can be added. */
  logNamedEvent(name: string, properties?: Record<string, any>): AnalyticsEvent {
    return this.logEvent(new AnalyticsEvent(name, properties));
  }

  /** Logs an event; one without a name is passed over. */
  logEvent(event: AnalyticsEvent): AnalyticsEvent {
    if (!event || typeof event.name !== "string" || !event.name) {
      this.backend.logger.error("logEvent: an event needs a name");
      return event;
    }
    if (!Object.isFrozen(event)) {
      event.timestamp = event.timestamp || new Date().toISOString();
      if (!event.sessionID && this.sessionId) event.sessionID = this.sessionId;
    }
    this.add(event);
    return event;
  }

  /** Tells where and on what the app runs, beyond what the platform object knows: `locality`, `country`, `model` … */
  setContext(context: Record<string, string>): void {
    this.context = { ...this.context, ...context };
  }

  /**
   * Sends what is queued. Resolves with the last answer, or with `undefined` when nothing was sent or sending failed;
   * what failed stays queued, and the failure callback hears of it.
   */
  flush(options?: RequestOptions): Promise<NetworkResponse | undefined>;
  flush(
    success: FlushedCallback | null | undefined,
    failure?: FailureCallback | null,
    options?: RequestOptions,
  ): Promise<NetworkResponse | undefined>;
  flush(...tail: Tail): Promise<NetworkResponse | undefined> {
    const [success, failure] = tail;
    const sent = this.send(optionsOf(tail)).then((response) => response ?? NOTHING);
    const failed = typeof failure === "function" ? failure : () => undefined;
    return settle(sent, [success, failed], () => []).then((response) => (response === NOTHING ? undefined : response));
  }

  /** Sends what is queued while the old identity is still there. @internal */
  identityEnds(): void {
    if (this.queue.length && !this.sending) void this.flush();
  }

  private add(event: AnalyticsEvent): void {
    this.queue.add(event);
    if (this.queue.length >= this.backend.settings.analytics.batchSize && !this.failures) void this.flush();
    else this.schedule();
  }

  /** Flushes later: after the interval or, when sending has failed, after longer and longer. */
  private schedule(): void {
    if (this.timer !== undefined) return;
    const { flushInterval } = this.backend.settings.analytics;
    const backoff = Math.min(FIRST_RETRY * 2 ** (this.failures - 1), LONGEST_RETRY) * (0.5 + Math.random() / 2);
    const timer = setTimeout(() => {
      this.timer = undefined;
      void this.flush();
    }, this.failures ? backoff : flushInterval);
    // A program of Node does not stay alive for it.
    (timer as { unref?(): void }).unref?.();
    this.timer = timer;
  }

  /** One flush at a time; the next one takes what came meanwhile. */
  private async send(options: RequestOptions): Promise<NetworkResponse | undefined> {
    while (this.sending) await this.sending.catch(() => undefined);
    if (!this.queue.length) return undefined;
    this.sending = this.sendAll(options);
    try {
      return await this.sending;
    } finally {
      this.sending = undefined;
    }
  }

  private async sendAll(options: RequestOptions): Promise<NetworkResponse | undefined> {
    clearTimeout(this.timer);
    this.timer = undefined;
    let response: NetworkResponse | undefined;
    let left = this.queue.length;
    while (left > 0) {
      const { batch, texts } = this.batch(Math.min(left, this.backend.settings.analytics.batchSize), BATCH_CHARACTERS);
      left -= batch.length;
      if (!batch.length) break;
      try {
        response = await this.post({ batch, texts }, options);
        this.failures = 0;
        this.queue.remove(batch);
      } catch (reason) {
        this.keepOrDrop(batch, McsError.of(reason));
        throw reason;
      }
    }
    await this.queue.save();
    return response;
  }

  /** What the server calls wrong will be wrong again; everything else may work later. */
  private keepOrDrop(batch: AnalyticsEvent[], error: McsError): void {
    this.failures++;
    if (error.statusCode === 400 || error.statusCode === 413) {
      const wrong = wrongOnes(batch, error.data);
      this.queue.remove(wrong);
      this.backend.logger.error(`the platform refused ${wrong.length} events: ${error.message}`);
    }
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.queue.length) this.schedule();
    void this.queue.save();
  }

  /** The first events, as many as fit, and their JSON; at least one, unless there are none that JSON can tell. */
  private batch(count: number, characters: number): Batch {
    const batch: AnalyticsEvent[] = [];
    const texts: string[] = [];
    let size = 0;
    for (const event of this.queue.first(count)) {
      const text = encode(event);
      if (text === undefined) {
        this.queue.remove([event]);
        this.backend.logger.error(`the event "${event.name}" has properties that are not JSON`);
        continue;
      }
      size += text.length;
      if (size > characters && batch.length) break;
      batch.push(event);
      texts.push(text);
    }
    return { batch, texts };
  }

  private async post(
    { batch, texts }: Batch,
    options: RequestOptions & { keepalive?: boolean },
  ): Promise<NetworkResponse> {
    const { backend } = this;
    const headers = backend.getHttpHeaders("MCSAnalytics", { "Content-Type": "application/json" });
    if (!headers.Authorization) {
      const anonymous = backend.authorization?.getAnonymousToken();
      if (!anonymous) throw new McsError("analytics: nobody is logged in", 401, "Unauthorized");
      headers.Authorization = "Basic " + anonymous;
    }
    const url = backend.getPlatformUrl("analytics/events");
    return backend.send({ ...options, method: "POST", url, headers, data: `[${[this.contextText(batch), ...texts].join()}]` });
  }

  /** The event that tells where and on what the others happened. */
  private contextText(batch: AnalyticsEvent[]): string {
    const session = batch.find((event) => event.sessionID)?.sessionID;
    const timezone = String(new Date().getTimezoneOffset() * 60);
    const known = { timezone, ...this.device(), ...this.context };
    return encode(systemEvent("context", session, known)) ?? encode(systemEvent("context", session, { timezone }))!;
  }

  /** What the platform object knows, which may be the app's own. */
  private device(): Record<string, unknown> {
    const { platform, settings } = this.backend;
    try {
      const location = settings.analytics.location ? platform().getGPSLocation() : null;
      const place = location && { latitude: String(location.latitude), longitude: String(location.longitude) };
      return { ...platform().getDeviceInformation(), ...place };
    } catch (reason) {
      this.backend.logger.error(`the platform object does not tell about the device: ${String(reason)}`);
      return {};
    }
  }

  /** The page goes: what fits is sent beside it, and the rest is kept for the next one. */
  private leave(): void {
    const offline = typeof navigator !== "undefined" && navigator.onLine === false;
    if (this.queue.length && !this.sending && !offline) {
      const { batch, texts } = this.batch(this.queue.length, KEEPALIVE_CHARACTERS);
      this.queue.remove(batch);
      this.post({ batch, texts }, { keepalive: true }).catch(() => batch.forEach((event) => this.queue.add(event)));
    }
    void this.queue.save();
  }
}

/** Events on their way, and their JSON. */
interface Batch {
  batch: AnalyticsEvent[];
  texts: string[];
}

/** The events that the platform names in its refusal; all of them when it names none. The context comes first. */
function wrongOnes(batch: AnalyticsEvent[], refusal: any): AnalyticsEvent[] {
  const details: unknown = refusal?.["o:errorDetails"];
  const paths = Array.isArray(details) ? details.map((detail) => String(detail?.["o:errorPath"])) : [];
  const named = paths.map((path) => batch[Number(/^\[(\d+)\]/.exec(path)?.[1]) - 1]);
  const wrong = named.filter((event) => event !== undefined);
  return wrong.length ? wrong : batch;
}

const NOTHING: NetworkResponse = { statusCode: 0, data: null, headers: {} };
