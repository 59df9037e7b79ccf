import { LIMITS } from "../../limits.ts";
import { checkNumber, optional, whole } from "../../values.ts";
import type { ProgressItem, ProgressRequest } from "../api.ts";
import type { EventBus, Watch } from "../storage/ports.ts";
import { hasEnded, type TransferRecord } from "../types.ts";
import { LogCursor, type LogSources } from "./log_cursor.ts";
import { type PulledSources, PulledStream } from "./pulled_stream.ts";

export interface ProgressSources extends LogSources, PulledSources {
  readonly bus: EventBus;
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
 */
export class ProgressStream extends PulledStream<ProgressItem> {
  readonly #sources: ProgressSources;
  readonly #id: string;
  readonly #watch: Watch;
  readonly #minInterval: number;
  readonly #log: LogCursor;

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
    super(sources);
    this.#sources = sources;
    this.#id = id;
    this.#watch = watch;
    this.#log = new LogCursor(sources, id, after);
    this.#minInterval = minInterval;
  }

  protected override async produce(): Promise<ProgressItem | null> {
    while (!this.closed) {
      const record = await this.#sources.store.get(this.#id);
      if (record === null) return null;
      if (this.#log.snapshotDue) return await this.#log.snapshot(record);
      if (record.sequence <= this.#log.sequence) {
        if (hasEnded(record.status)) return null;
        await this.#watch.changed(this.#log.sequence);
        continue;
      }
      if (this.#minInterval > 0 && await this.#waitOutInterval(record)) continue;
      const item = this.#minInterval === 0
        ? await this.#log.next(record)
        : await this.#log.newest(record, () => this.closed);
      if (item !== null) return item;
    }
    return null;
  }

  protected override isLast({ event, transfer }: ProgressItem): boolean {
    return hasEnded(event.status) && event.sequence >= transfer.sequence;
  }

  protected override progressOf(item: ProgressItem): ProgressItem {
    return item;
  }

  protected override letGo(): void {
    this.#log.release();
    this.#watch[Symbol.dispose]();
  }

  /** Waits while the last delivery is too recent. Answers whether it waited: the log must be looked at again then. */
  async #waitOutInterval(record: TransferRecord): Promise<boolean> {
    const rest = this.restOf(this.#minInterval);
    if (rest <= 0 || hasEnded(record.status)) return false;
    let seen = record.sequence;
    await this.waitOut(rest, () => this.#watch.changed(seen), async () => {
      const { sequence, statusSequence } = this.#watch.position;
      seen = sequence;
      if (statusSequence <= this.#log.sequence) return false;
      const now = await this.#sources.store.get(this.#id);
      return now === null || hasEnded(now.status);
    });
    return true;
  }
}
