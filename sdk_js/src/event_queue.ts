import { encode, type AnalyticsEvent } from "./analytics_event";
import { read, write, type Store } from "./store";

/** Events that wait to be sent: in order, and no more than a bound. @internal */
export class EventQueue {
  /** How many had to give way since the page was loaded. */
  dropped = 0;
  private events: AnalyticsEvent[] = [];
  private readonly store: Store;
  private readonly key: string;
  private readonly most: number;

  constructor(store: Store, key: string, most: number) {
    this.store = store;
    this.key = key;
    this.most = most;
  }

  get length(): number {
    return this.events.length;
  }

  /** Adds one; the oldest gives way when there are too many. */
  add(event: AnalyticsEvent): void {
    this.events.push(event);
    this.trim();
  }

  /** The first `count` events; they stay until `remove`, so that nothing is lost while they are on their way. */
  first(count: number): AnalyticsEvent[] {
    return this.events.slice(0, count);
  }

  /** Takes out what was sent, or refused for good. */
  remove(sent: ReadonlyArray<AnalyticsEvent>): void {
    const gone = new Set(sent);
    this.events = this.events.filter((event) => !gone.has(event));
  }

  /** Writes the events to the store, as they are now. */
  save(): Promise<void> {
    const texts = this.events.map(encode).filter((text) => text !== undefined);
    return write(this.store, this.key, texts.length ? `[${texts.join()}]` : null);
  }

  /** Puts those that an earlier page had saved before the others. */
  async restore(): Promise<void> {
    const saved = await read(this.store, this.key);
    if (!saved) return;
    await write(this.store, this.key, null);
    try {
      const events: unknown = JSON.parse(saved);
      if (Array.isArray(events)) this.events = [...(events as AnalyticsEvent[]), ...this.events];
    } catch {
      // Not ours, or half written: there is nothing to restore.
    }
    this.trim();
  }

  private trim(): void {
    const over = this.events.length - this.most;
    if (over > 0) {
      this.events.splice(0, over);
      this.dropped += over;
    }
  }
}
