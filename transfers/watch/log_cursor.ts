import type { ProgressItem } from "../api.ts";
import type { TransferEvent, TransferRecord } from "../types.ts";
import { AT_ONCE, coalesce } from "./coalesce.ts";
import type { FrameCache } from "./frame_cache.ts";
import type { LogReader } from "./shared_reads.ts";

export interface LogSources {
  readonly store: LogReader;
  readonly frames: FrameCache;
}

/**
 * A place in a transfer's event log, and what lies behind it, item by item. It waits for nothing. A call that throws has
 * changed nothing.
 *
 * Frames are latest-wins: an event's frame is delivered only while no newer one exists.
 */
export class LogCursor {
  readonly #sources: LogSources;
  readonly #id: string;
  readonly #atOnce: number;
  #sequence: number;
  #snapshotDue: boolean;
  #batch: readonly TransferEvent[] = [];
  #skipped = 0;

  /**
   * @param after Sequence number of the last event seen; null to begin with a snapshot.
   * @param atOnce Events read at once: what it holds in memory at most.
   */
  constructor(sources: LogSources, id: string, after: number | null, atOnce = AT_ONCE) {
    this.#sources = sources;
    this.#id = id;
    this.#atOnce = atOnce;
    this.#sequence = after ?? 0;
    this.#snapshotDue = after === null;
  }

  /** Of the last event delivered or passed over; 0 before the first. */
  get sequence(): number {
    return this.#sequence;
  }

  /** Whether it still has to begin, with a snapshot. */
  get snapshotDue(): boolean {
    return this.#snapshotDue;
  }

  /** The newest event of the log with the newest frame; null when the transfer is gone. */
  async snapshot(record: TransferRecord): Promise<ProgressItem | null> {
    const [event] = await this.#sources.store.events(this.#id, record.sequence - 1, 1);
    if (event === undefined) return null;
    const frame = await this.#sources.frames.newest(this.#id);
    this.#snapshotDue = false;
    this.#sequence = event.sequence;
    return { event, transfer: record, frame, skippedFrames: 0 };
  }

  /** The event that is next, where it has been read already. */
  get ahead(): TransferEvent | null {
    return this.#batch.find(({ sequence }) => sequence > this.#sequence) ?? null;
  }

  /** The event that is next, which stays that; null where there is none yet. */
  async peek(): Promise<TransferEvent | null> {
    if (this.ahead === null) this.#batch = await this.#sources.store.events(this.#id, this.#sequence, this.#atOnce);
    return this.ahead;
  }

  /** The next event; null where there is none yet. @param record Not from before it. */
  async next(record: TransferRecord): Promise<ProgressItem | null> {
    const event = await this.peek();
    return event && await this.#deliver(event, record, 0);
  }

  /**
   * The one of all the events at hand, up to the next change of status, that `coalesce` chooses; null where there is none.
   *
   * @param closed Whether nobody waits for the answer any more.
   */
  async newest(record: TransferRecord, closed: () => boolean): Promise<ProgressItem | null> {
    const chosen = await coalesce(this.#sources.store, record, this.#sequence, closed);
    return chosen && await this.#deliver(chosen.event, record, chosen.skippedFrames);
  }

  /** Forgets what it has read ahead. */
  release(): void {
    this.#batch = [];
  }

  /** @param passedOver Frames of events before it that are not delivered. */
  async #deliver(event: TransferEvent, record: TransferRecord, passedOver: number): Promise<ProgressItem> {
    // A newer one may have been made since `record` was read, and its picture has then taken this one's place.
    const isNewest = event.frame && event.step === record.frameStep;
    const frame = isNewest ? await this.#sources.frames.at(this.#id, event.step) : null;
    this.#sequence = event.sequence;
    const skippedFrames = this.#skipped + passedOver + (event.frame && frame === null ? 1 : 0);
    this.#skipped = frame === null ? skippedFrames : 0;
    return { event, transfer: record, frame, skippedFrames };
  }
}
