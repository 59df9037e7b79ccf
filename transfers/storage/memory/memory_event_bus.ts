import type { EventBus, LogPosition, Watch } from "../ports.ts";

/** The event bus of a single process. */
export class MemoryEventBus implements EventBus {
  readonly #watches = new Map<string, Set<MemoryWatch>>();

  publish(transferId: string, position: LogPosition): Promise<void> {
    for (const watch of this.#watches.get(transferId) ?? []) watch.advance(position);
    return Promise.resolve();
  }

  watch(transferId: string): Promise<Watch> {
    const watches = this.#watches.get(transferId) ?? new Set();
    this.#watches.set(transferId, watches);
    const watch = new MemoryWatch(() => {
      watches.delete(watch);
      if (watches.size === 0 && this.#watches.get(transferId) === watches) this.#watches.delete(transferId);
    });
    watches.add(watch);
    return Promise.resolve(watch);
  }

  get watchers(): number {
    let sum = 0;
    for (const watches of this.#watches.values()) sum += watches.size;
    return sum;
  }
}

class MemoryWatch implements Watch {
  #position: LogPosition = { sequence: 0, statusSequence: 0 };
  #waiting: { readonly after: number; readonly resolve: () => void } | null = null;
  #disposed = false;
  readonly #forget: () => void;

  constructor(forget: () => void) {
    this.#forget = forget;
  }

  get position(): LogPosition {
    return this.#position;
  }

  /** Positions only grow, in whatever order they are heard of. */
  advance(news: LogPosition): void {
    this.#position = {
      sequence: Math.max(this.#position.sequence, news.sequence),
      statusSequence: Math.max(this.#position.statusSequence, news.statusSequence),
    };
    if (this.#waiting !== null && this.#position.sequence > this.#waiting.after) this.#wake();
  }

  changed(after: number): Promise<void> {
    if (this.#disposed || this.#position.sequence > after) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting = { after, resolve };
    return promise;
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#forget();
    this.#wake();
  }

  #wake(): void {
    this.#waiting?.resolve();
    this.#waiting = null;
  }
}
