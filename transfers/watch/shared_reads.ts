import type { TransferStore } from "../storage/ports.ts";

/** What progress streams read of a store. */
export type LogReader = Pick<TransferStore, "get" | "events">;

/**
 * Reads of a store that many make at once, made once. One event wakes all watchers of a transfer, and all of them then
 * read the same record and the same end of its log. What is shared is forgotten before anything that follows a read goes
 * on, so that nobody gets what was read before they asked.
 */
export function sharedReads(store: LogReader): LogReader {
  return {
    get: shared((id) => store.get(id)),
    events: shared((id, after, limit) => store.events(id, after, limit)),
  };
}

/** Calls of one tick with the same arguments, made once. */
export function shared<Args extends readonly (string | number)[], T>(read: (...args: Args) => Promise<T>) {
  const reads = new Map<string, Promise<T>>();
  return (...args: Args): Promise<T> => {
    const key = args.join(" ");
    const known = reads.get(key);
    if (known !== undefined) return known;
    // Watchers that one event has woken run one after another; this comes behind them.
    if (reads.size === 0) queueMicrotask(() => reads.clear());
    const begun = read(...args);
    reads.set(key, begun);
    return begun;
  };
}
