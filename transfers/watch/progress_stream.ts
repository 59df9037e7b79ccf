import { GramcastError } from "../../errors.ts";
import { LIMITS } from "../../limits.ts";
import { checkNumber, optional, whole } from "../../values.ts";
import type { ProgressItem, ProgressRequest } from "../api.ts";
import type { Clock, Delay } from "../clock.ts";
import type { TransferObserver } from "../observer.ts";
import { BATCH, coalesce } from "./coalesce.ts";
import type { FrameCache } from "./frame_cache.ts";
import type { EventBus, Watch } from "../storage/ports.ts";
import type { LogReader } from "./shared_reads.ts";
import { hasEnded, type TransferEvent, type TransferRecord } from "../types.ts";

/** Milliseconds before the storage is asked again that was away. */
const RETRY_MILLISECONDS = 1000;

export interface ProgressSources {
  readonly store: LogReader;
  readonly bus: EventBus;
  readonly frames: FrameCache;
  readonly clock: Clock;
  /** Hears how long frames take to be delivered. */
  readonly observer: Pick<TransferObserver, "delivered">;
}

/**
 * What happens to one transfer, as one subscriber sees it.
 *
 * It is pulled: a subscriber is a cursor into the event log and a watch that remembers how far the log has come, so one
 * that reads slowly or not at all costs a few hundred bytes, and replay and live delivery are the same code, with no
 * seam to lose or repeat an event at.
 *
 * Without `after` the first item is a snapshot: the newest event of the log with the newest frame. Then, or with `after`
 * from the start, follow the events with higher sequence numbers. It completes after the event that ended the transfer,
 * when that is the last of the log: the end in the middle of the log of a resumed transfer completes nothing.
 *
 * Frames are latest-wins: an event's frame is delivered only while no newer one exists. `skippedFrames` counts those
 * passed over since the last that was delivered.
 *
 * Without `minInterval` every event is delivered. With it, the subscriber asks for fewer: events between deliveries are
 * passed over, which shows as a jump of the sequence number, and their losses are still in the loss history. Every change
 * of status is delivered even so. Of the events at hand, the one that carries the newest frame is chosen, else the newest.
 * The end of the transfer, and the last frame before it, do not wait for the interval.
 *
 * While the storage is away nothing is delivered, and it goes on when that is back.
 */
export class ProgressStream implements AsyncIterableIterator<ProgressItem> {
  readonly #sources: ProgressSources;
  readonly #id: string;
  readonly #watch: Watch;
  readonly #minInterval: number;
  /** Sequence number of the last event delivered or passed over. */
  #cursor: number;
  #snapshotDue: boolean;
  #batch: readonly TransferEvent[] = [];
  #skipped = 0;
  #lastDelivery = -Infinity;
  #closed = false;
  #delay: Delay | null = null;
  #turn: Promise<unknown> = Promise.resolve();
  /** When it was opened, and when the frame was logged that is on its way; milliseconds since the epoch. */
  readonly #openedAt: number;
  #frameAt: number | null = null;

  /**
   * @param record The transfer, which the caller may see.
   * @throws {GramcastError} BAD_USER_INPUT for an `after` that the log has not reached, or a number out of range.
   */
  static async open(
    sources: ProgressSources,
    record: TransferRecord,
    request: ProgressRequest,
  ): Promise<ProgressStream> {
    const minInterval = checkNumber("minInterval", LIMITS.minInterval, request.minInterval ?? 0);
    const after = optional(request.after, (after) => checkNumber("after", whole(0, record.sequence), after));
    // The watch begins before the log is read, so that no event falls in between.
    const watch = await sources.bus.watch(record.id);
    return new ProgressStream(sources, record.id, watch, after, minInterval);
  }

  private constructor(
    sources: ProgressSources,
    id: string,
    watch: Watch,
    after: number | null,
    minInterval: number,
  ) {
    this.#sources = sources;
    this.#id = id;
    this.#watch = watch;
    this.#cursor = after ?? 0;
    this.#snapshotDue = after === null;
    this.#openedAt = sources.clock.now();
    this.#minInterval = minInterval;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** The next delivery; waits for one where there is none. Calls made at once are answered in order. */
  next(): Promise<IteratorResult<ProgressItem, undefined>> {
    const result = this.#turn.then(() => this.#next());
    this.#turn = result.catch(() => {});
    return result;
  }

  /** Ends the subscription; a `next()` that waits is answered at once. */
  return(): Promise<IteratorResult<ProgressItem, undefined>> {
    this.#close();
    return Promise.resolve({ done: true, value: undefined });
  }

  throw(error: unknown): Promise<IteratorResult<ProgressItem, undefined>> {
    this.#close();
    return Promise.reject(error);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#close();
    return Promise.resolve();
  }

  #close(): void {
    this.#closed = true;
    this.#batch = [];
    this.#watch[Symbol.dispose]();
    this.#delay?.[Symbol.dispose]();
  }

  async #next(): Promise<IteratorResult<ProgressItem, undefined>> {
    this.#noteDelivery();
    try {
      const item = await this.#patiently(() => this.#produce());
      if (item !== null && !this.#closed) {
        this.#lastDelivery = this.#sources.clock.elapsed();
        // What was logged before is not late, however old it is.
        if (item.frame !== null && item.event.at > this.#openedAt) this.#frameAt = item.event.at;
        if (hasEnded(item.event.status) && item.event.sequence >= item.transfer.sequence) this.#close();
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

  /** Repeats a call, which has changed nothing then, until the storage is back or nobody waits for it any more. */
  async #patiently(call: () => Promise<ProgressItem | null>): Promise<ProgressItem | null> {
    while (!this.#closed) {
      try {
        return await call();
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

  /** Null when there will be nothing more. */
  async #produce(): Promise<ProgressItem | null> {
    while (!this.#closed) {
      const record = await this.#sources.store.get(this.#id);
      if (record === null) return null;
      if (this.#snapshotDue) return await this.#snapshot(record);
      if (record.sequence <= this.#cursor) {
        if (hasEnded(record.status)) return null;
        await this.#watch.changed(this.#cursor);
        continue;
      }
      if (this.#minInterval === 0) {
        const event = await this.#nextEvent();
        if (event !== undefined) return await this.#deliver(event, record, 0);
      } else if (!await this.#waitOutInterval(record)) {
        const chosen = await coalesce(this.#sources.store, record, this.#cursor, () => this.#closed);
        if (chosen === null) continue;
        return await this.#deliver(chosen.event, record, chosen.skippedFrames);
      }
    }
    return null;
  }

  async #snapshot(record: TransferRecord): Promise<ProgressItem | null> {
    const [event] = await this.#sources.store.events(this.#id, record.sequence - 1, 1);
    if (event === undefined) return null;
    const frame = await this.#sources.frames.newest(this.#id);
    this.#snapshotDue = false;
    this.#cursor = event.sequence;
    return { event, transfer: record, frame, skippedFrames: 0 };
  }

  /** The event after the cursor, by batches. */
  async #nextEvent(): Promise<TransferEvent | undefined> {
    let event = this.#batch.find(({ sequence }) => sequence > this.#cursor);
    if (event === undefined) {
      this.#batch = await this.#sources.store.events(this.#id, this.#cursor, BATCH);
      event = this.#batch[0];
    }
    return event;
  }

  /** @param passedOver Frames of events before it that are not delivered. */
  async #deliver(event: TransferEvent, record: TransferRecord, passedOver: number): Promise<ProgressItem> {
    // A newer one may have been made since `record` was read, and its picture has then taken this one's place.
    const isNewest = event.frame && event.step === record.frameStep;
    const frame = isNewest ? await this.#sources.frames.at(this.#id, event.step) : null;
    this.#cursor = event.sequence;
    const skippedFrames = this.#skipped + passedOver + (event.frame && frame === null ? 1 : 0);
    this.#skipped = frame === null ? skippedFrames : 0;
    return { event, transfer: record, frame, skippedFrames };
  }

  /** Waits while the last delivery is too recent. Answers whether it waited: the log must be looked at again then. */
  async #waitOutInterval(record: TransferRecord): Promise<boolean> {
    const { clock, store } = this.#sources;
    const rest = this.#lastDelivery + this.#minInterval - clock.elapsed();
    if (rest <= 0 || hasEnded(record.status)) return false;
    using delay = clock.delay(rest);
    this.#delay = delay;
    let over = false;
    delay.done.then(() => over = true);
    for (let seen = record.sequence; !over && !this.#closed; seen = this.#watch.position.sequence) {
      await Promise.race([delay.done, this.#watch.changed(seen)]);
      if (this.#watch.position.statusSequence <= this.#cursor) continue;
      const now = await store.get(this.#id);
      if (now === null || hasEnded(now.status)) break;
    }
    this.#delay = null;
    return true;
  }
}
