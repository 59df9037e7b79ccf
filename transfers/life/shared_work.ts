import { GramcastError } from "../../errors.ts";

/** Work under way, and how many wait for it. */
interface UnderWay<Value> {
  readonly value: Promise<Value>;
  readonly abort: AbortController;
  waiting: number;
}

/** Does what several ask for at once for all of them together, and breaks it off when the last of them has left. */
export class SharedWork<Value> {
  /** What may be asked for, by its key. */
  readonly #open = new Map<string, UnderWay<Value>>();
  /** That and what has been broken off. */
  readonly #all = new Set<UnderWay<Value>>();
  #stopped = false;

  /**
   * What `work` answers, which is called unless it is under way for the same key.
   *
   * @param signal Of who asks: rejects with its reason when it is aborted.
   * @throws {GramcastError} ENGINE_UNAVAILABLE when it has been stopped.
   */
  async share(key: string, signal: AbortSignal, work: (signal: AbortSignal) => Promise<Value>): Promise<Value> {
    signal.throwIfAborted();
    if (this.#stopped) throw stopping();
    const shared = this.#open.get(key) ?? this.#begin(key, work);
    shared.waiting++;
    const { promise: left, reject } = Promise.withResolvers<never>();
    const leave = () => reject(signal.reason);
    signal.addEventListener("abort", leave);
    try {
      return await Promise.race([shared.value, left]);
    } finally {
      signal.removeEventListener("abort", leave);
      if (--shared.waiting === 0) this.#breakOff(key, shared);
    }
  }

  /** Breaks all of it off, and resolves when nothing is under way any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const { abort } of this.#all) abort.abort(stopping());
    await Promise.allSettled(this.#all.values().map(({ value }) => value));
  }

  #begin(key: string, work: (signal: AbortSignal) => Promise<Value>): UnderWay<Value> {
    const abort = new AbortController();
    const shared = { value: work(abort.signal), abort, waiting: 0 };
    this.#open.set(key, shared);
    this.#all.add(shared);
    const done = () => {
      this.#all.delete(shared);
      this.#close(key, shared);
    };
    shared.value.then(done, done);
    return shared;
  }

  #breakOff(key: string, shared: UnderWay<Value>): void {
    this.#close(key, shared);
    shared.abort.abort();
  }

  /** Whoever asks from here on does not get it. */
  #close(key: string, shared: UnderWay<Value>): void {
    if (this.#open.get(key) === shared) this.#open.delete(key);
  }
}

function stopping(): GramcastError {
  return new GramcastError("ENGINE_UNAVAILABLE", "Cannot finish this: the server is stopping; try again later");
}
