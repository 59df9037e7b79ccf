/** An iterator that a test feeds. `return()` answers a waiting `next()`. */
export class FakeStream<T> implements AsyncIterableIterator<T> {
  readonly #onEnd: () => void;
  readonly #items: T[] = [];
  #waiting: PromiseWithResolvers<IteratorResult<T, undefined>> | undefined;
  #ended = false;
  #failure: { error: unknown } | undefined;

  /** @param onEnd Called once, when it has ended for whatever reason. */
  constructor(onEnd: () => void) {
    this.#onEnd = onEnd;
  }

  push(item: T): void {
    if (this.#waiting) {
      this.#waiting.resolve({ done: false, value: item });
      this.#waiting = undefined;
    } else this.#items.push(item);
  }

  /** Completes after what has been pushed. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#waiting?.resolve({ done: true, value: undefined });
    this.#waiting = undefined;
    this.#onEnd();
  }

  /** Fails after what has been pushed. */
  fail(error: unknown): void {
    this.#waiting?.reject(error);
    if (!this.#waiting) this.#failure = { error };
    this.#waiting = undefined;
    this.#ended = true;
    this.#onEnd();
  }

  next(): Promise<IteratorResult<T, undefined>> {
    const item = this.#items.shift();
    if (item !== undefined) return Promise.resolve({ done: false, value: item });
    if (this.#failure) return Promise.reject(this.#failure.error);
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    this.#waiting = Promise.withResolvers();
    return this.#waiting.promise;
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.#items.length = 0;
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }
}
