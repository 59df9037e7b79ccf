import { GramcastError } from "../../errors.ts";
import type { ProgressItem } from "../api.ts";
import type { Clock, Delay } from "../clock.ts";
import type { TransferObserver } from "../observer.ts";

/** Milliseconds before the storage is asked again that was away. */
const RETRY_MILLISECONDS = 1000;

export interface PulledSources {
  readonly clock: Clock;
  /** Hears how long frames take to be delivered. */
  readonly observer: Pick<TransferObserver, "delivered">;
}

/**
 * What one subscriber is given, one item after another, each when it is asked for. While the storage is away nothing is
 * delivered, and it goes on when that is back.
 */
export abstract class PulledStream<Item> implements AsyncIterableIterator<Item> {
  readonly #sources: PulledSources;
  #lastDelivery = -Infinity;
  #closed = false;
  #delay: Delay | null = null;
  #turn: Promise<unknown> = Promise.resolve();
  /** When it was opened, and when the frame was logged that is on its way; milliseconds since the epoch. */
  readonly #openedAt: number;
  #frameAt: number | null = null;

  protected constructor(sources: PulledSources) {
    this.#sources = sources;
    this.#openedAt = sources.clock.now();
  }

  /** The next item, once there is one; null when there will be none. Where it throws it has changed nothing. */
  protected abstract produce(): Promise<Item | null>;
  /** Whether an item, which has just been produced, is the last: it is let go of all then. */
  protected abstract isLast(item: Item): boolean;
  protected abstract progressOf(item: Item): ProgressItem;
  /** Lets go of all that it holds; what waits in `produce` is to end. */
  protected abstract letGo(): void;

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** The next delivery; waits for one where there is none. Calls made at once are answered in order. */
  next(): Promise<IteratorResult<Item, undefined>> {
    const result = this.#turn.then(() => this.#next());
    this.#turn = result.catch(() => {});
    return result;
  }

  /** Ends the subscription; a `next()` that waits is answered at once. */
  return(): Promise<IteratorResult<Item, undefined>> {
    this.#close();
    return Promise.resolve({ done: true, value: undefined });
  }

  throw(error: unknown): Promise<IteratorResult<Item, undefined>> {
    this.#close();
    return Promise.reject(error);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#close();
    return Promise.resolve();
  }

  /** Whether nobody waits for anything any more. */
  protected get closed(): boolean {
    return this.#closed;
  }

  /** Milliseconds before the next delivery, where there are to be so many between two; 0 or less for none. */
  protected restOf(minInterval: number): number {
    return this.#lastDelivery + minInterval - this.#sources.clock.elapsed();
  }

  /** Waits so many milliseconds, or until `isEnough`, which is asked whenever `news` has resolved. */
  protected async waitOut(
    milliseconds: number,
    news: () => Promise<void>,
    isEnough: () => Promise<boolean> | boolean,
  ): Promise<void> {
    using delay = this.#sources.clock.delay(milliseconds);
    this.#delay = delay;
    let over = false;
    delay.done.then(() => over = true);
    while (!over && !this.#closed) {
      await Promise.race([delay.done, news()]);
      if (await isEnough()) break;
    }
    this.#delay = null;
  }

  #close(): void {
    this.#closed = true;
    this.letGo();
    this.#delay?.[Symbol.dispose]();
  }

  async #next(): Promise<IteratorResult<Item, undefined>> {
    this.#noteDelivery();
    try {
      const item = await this.#patiently();
      if (item !== null && !this.#closed) {
        this.#lastDelivery = this.#sources.clock.elapsed();
        const { frame, event } = this.progressOf(item);
        // What was logged before is not late, however old it is.
        if (frame !== null && event.at > this.#openedAt) this.#frameAt = event.at;
        if (this.isLast(item)) this.#close();
        return { done: false, value: item };
      }
    } catch (error) {
      this.#close();
      throw error;
    }
    this.#close();
    return { done: true, value: undefined };
  }

  /** Who asks for the next has handed the last one on to the connection. */
  #noteDelivery(): void {
    if (this.#frameAt === null) return;
    const { clock, observer } = this.#sources;
    observer.delivered(Math.max(0, clock.now() - this.#frameAt) / 1000);
    this.#frameAt = null;
  }

  /** The next item, asked for until the storage is back or nobody waits for it any more. */
  async #patiently(): Promise<Item | null> {
    while (!this.#closed) {
      try {
        return await this.produce();
      } catch (error) {
        if (!(error instanceof GramcastError) || error.code !== "STORAGE_UNAVAILABLE") throw error;
        using delay = this.#sources.clock.delay(RETRY_MILLISECONDS);
        this.#delay = delay;
        await delay.done;
        this.#delay = null;
      }
    }
    return null;
  }
}
