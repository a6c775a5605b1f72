/** Where the tally lives. */

/**
 * Keeps what was spent, over restarts. What it holds are secrets as well: the keys of sessions. One program at a time uses a store.
 */
export interface Store {
  /** What was saved last; undefined only where nothing was ever saved. Anything that cannot be read is an error. */
  load(): Promise<string | undefined>;
  /** Resolves when the state would survive a crash. */
  save(state: string): Promise<void>;
}

/** A store that dies with the program: calls that are open then are forgotten, and so is what was spent. */
export function memoryStore(state?: string): Store & { readonly state: string | undefined } {
  let kept = state;
  return {
    get state() {
      return kept;
    },
    load: () => Promise.resolve(kept),
    save: (next) => {
      kept = next;
      return Promise.resolve();
    },
  };
}

/** A store in a page's `localStorage`, or anything else of that form, under one key. */
export function webStore(storage: Pick<globalThis.Storage, "getItem" | "setItem">, key: string): Store {
  return {
    load: () => Promise.resolve(storage.getItem(key) ?? undefined),
    save: (state) => {
      storage.setItem(key, state);
      return Promise.resolve();
    },
  };
}
