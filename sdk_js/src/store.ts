/**
 * Where the SDK keeps what outlives a page: who is logged in, and events that could not be sent yet.
 *
 * Either method may answer at once or with a promise, so `localStorage`, a secure store of the device and React
 * Native's `AsyncStorage` all fit. `null` removes a value.
 */
export interface Store {
  get(key: string): string | null | undefined | Promise<string | null | undefined>;
  set(key: string, value: string | null): unknown;
}

/** The default: for as long as the page or process lives. */
export class MemoryStore implements Store {
  private readonly values = new Map<string, string>();

  get(key: string): string | null {
    return this.values.get(key) ?? null;
  }

  set(key: string, value: string | null): void {
    if (value === null) this.values.delete(key);
    else this.values.set(key, value);
  }
}

/** The part of `localStorage` and `sessionStorage` that is used. */
export interface WebStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/** A store in the browser's `sessionStorage` or `localStorage`. Whatever script runs on the page can read it. */
export class WebStore implements Store {
  private readonly storage: WebStorage;

  constructor(storage: WebStorage) {
    this.storage = storage;
  }

  get(key: string): string | null {
    return this.storage.getItem(key);
  }

  set(key: string, value: string | null): void {
    if (value === null) this.storage.removeItem(key);
    else this.storage.setItem(key, value);
  }
}

/** Reads a value; a store that fails has none. @internal */
export async function read(store: Store, key: string): Promise<string | null> {
  try {
    return (await store.get(key)) ?? null;
  } catch {
    return null;
  }
}

/** Writes a value; a store that is full or refuses costs what it would have kept, and never the call. @internal */
export async function write(store: Store, key: string, value: string | null): Promise<void> {
  try {
    await store.set(key, value);
  } catch {
    // Nothing depends on it.
  }
}
