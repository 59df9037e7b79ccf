import { GramcastError } from "../../errors.ts";
import type { Clock } from "../clock.ts";
import { type Log, oneLine } from "../log.ts";
import { pause } from "../pause.ts";
import type { Exclusion, ImageStore, TransferStore, WebhookStore } from "../storage/ports.ts";
import { hasEnded, type ImageRecord, imagesOf, type TransferRecord } from "../types.ts";
import type { FrameCache } from "../watch/frame_cache.ts";
import type { ImageLives } from "./image_lives.ts";
import type { Journal } from "./journal.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Milliseconds that ended transfers and uploads stay, however much there is. */
const RECENT = HOUR;
/** Share of all bytes that uploads which no transfer uses may take: nobody's results make room for more of them. */
const UNUSED_SHARE = 0.5;
/** Share of all bytes that are freed at once where a picture finds no room. */
const ROOM_SHARE = 0.02;
/** Milliseconds after a sweep that made no room before another is tried. */
const FUTILE_MILLISECONDS = 1000;
/** Images looked at before the event loop gets a turn: a millisecond or two. */
const AT_ONCE = 30;

export interface RetentionPorts {
  readonly store: TransferStore;
  readonly images: ImageStore;
  readonly webhooks: WebhookStore;
  readonly exclusion: Exclusion;
  readonly lives: ImageLives;
  readonly frames: FrameCache;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly log: Log;
}

export interface RetentionLimits {
  readonly days: number;
  readonly bytes: number;
}

/** Bytes of ended transfers and of all images, and of those images that no transfer uses. */
interface Usage {
  readonly total: number;
  readonly unused: number;
}

/**
 * Removes what is not to be kept for ever, every hour: ended transfers, unused uploads and what webhooks were told that are
 * too old; while all
 * together takes too much, first the oldest unused uploads and then the oldest ended transfers; and images that nothing
 * keeps. Queued, running and recent ones stay.
 */
export class Retention {
  readonly #ports: RetentionPorts;
  readonly #limits: RetentionLimits;
  readonly #stopped = new AbortController();
  #leading: AsyncDisposable | null = null;
  #loop: Promise<void> = Promise.resolve();
  /** Whether it is this server that sweeps every hour. */
  #leads = false;
  #sweeping: Promise<void> | null = null;
  /** When a sweep last made no room. */
  #futile = -Infinity;
  /** What the last sweep has left. */
  #measured: Usage = { total: 0, unused: 0 };
  /** Bytes taken in since it began. */
  #added = 0;

  constructor(ports: RetentionPorts, limits: RetentionLimits) {
    this.#ports = ports;
    this.#limits = limits;
  }

  /** Sweeps now and every hour, until `stop`; of servers that share the storage one does. */
  start(): void {
    this.#leading = this.#ports.exclusion.lead("retention", (lost) => this.#sweepHourly(lost));
    if (!this.#leads) this.#loop = this.#measureHourly();
  }

  /** Resolves when the sweep under way is done, and begins no other. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#leading?.[Symbol.asyncDispose]();
    await this.#loop;
    await this.#sweeping;
  }

  async #sweepHourly(lost: AbortSignal): Promise<void> {
    this.#leads = true;
    while (!lost.aborted) {
      await this.sweep();
      await pause(this.#ports.clock, HOUR, lost);
    }
    this.#leads = false;
  }

  /** Where another server sweeps: it has to be known here, too, how much room there is. */
  async #measureHourly(): Promise<void> {
    const { clock, log } = this.#ports;
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      if (!this.#leads) {
        await this.#measure().catch((error) => log.warn(`Cannot add up what is kept now: ${oneLine(error)}`));
      }
      await pause(clock, HOUR, signal);
    }
  }

  async #measure(): Promise<void> {
    const { store, images } = this.#ports;
    const added = this.#added;
    const kept = [...await store.ended()].reduce((sum, { bytes }) => sum + bytes, 0);
    const pictures = [...await images.all()].reduce((sum, { byteLength }) => sum + byteLength, 0);
    // Which of them no transfer uses is found out by a sweep, when there is no room.
    this.#measured = { total: kept + pictures, unused: 0 };
    this.#added -= added;
  }

  /** Takes account of a picture that is about to be kept. @throws {GramcastError} STORAGE_FULL where there is no room. */
  async makeRoom(bytes: number): Promise<void> {
    const { clock } = this.#ports;
    if (!this.#hasRoom(bytes) && clock.elapsed() - this.#futile >= FUTILE_MILLISECONDS) {
      await this.#sweeping;
      if (!this.#hasRoom(bytes)) await this.sweep(Math.max(bytes, ROOM_SHARE * this.#limits.bytes));
      if (!this.#hasRoom(bytes)) this.#futile = clock.elapsed();
    }
    if (!this.#hasRoom(bytes)) {
      throw new GramcastError(
        "STORAGE_FULL",
        `Cannot keep the picture: found no room for ${bytes} bytes beside what is recent or in use, ` +
          `wanted less than RETENTION_BYTES (${this.#limits.bytes}) in all, and half of it unused`,
      );
    }
    this.#added += bytes;
  }

  #hasRoom(bytes: number): boolean {
    const { total, unused } = this.#measured;
    const more = this.#added + bytes;
    return total + more <= this.#limits.bytes && unused + more <= UNUSED_SHARE * this.#limits.bytes;
  }

  /**
   * Removes what is past its time. It never fails: what cannot be deleted now is tried again next time.
   *
   * @param room Bytes that are to be free after it, too, where there is something that may go.
   */
  sweep(room = 0): Promise<void> {
    return this.#sweeping ??= this.#sweep(room)
      .catch((error) => this.#ports.log.warn(`Cannot delete what is past its retention: ${oneLine(error)}`))
      .finally(() => this.#sweeping = null);
  }

  async #sweep(room: number): Promise<void> {
    const { store, webhooks, lives, clock, log } = this.#ports;
    const now = clock.now();
    const oldest = now - this.#limits.days * DAY;
    await webhooks.sweep(oldest);
    const mostUnused = UNUSED_SHARE * this.#limits.bytes - room;
    const most = this.#limits.bytes - room;
    this.#added = 0;
    const ended = await store.ended();
    let total = ended.reduce((sum, { bytes }) => sum + bytes, 0);
    const unused: ImageRecord[] = [];
    for await (const image of this.#allImages()) {
      if (await lives.removeUnused(image.id, oldest) > 0) continue;
      total += image.byteLength;
      if (image.uploadedAt !== null && await store.imageUses(image.id) === 0) unused.push(image);
    }
    let unusedBytes = unused.reduce((sum, { byteLength }) => sum + byteLength, 0);
    for (const { id } of unused.sort((a, b) => a.uploadedAt! - b.uploadedAt!)) {
      if (total <= most && unusedBytes <= mostUnused) break;
      const removed = await lives.removeUnused(id, now - RECENT);
      total -= removed;
      unusedBytes -= removed;
    }
    for (const { id, finishedAt, bytes } of ended) {
      if (finishedAt > now - RECENT || (finishedAt >= oldest && total <= most)) continue;
      const record = await store.get(id);
      // It may have been resumed since the list was made.
      if (record === null || !hasEnded(record.status)) continue;
      total -= bytes + await this.remove(record);
      log.info(`Transfer ${id} deleted: past its retention`);
    }
    this.#measured = { total, unused: unusedBytes };
  }

  /** Every image, with a pause for others now and then. */
  async *#allImages(): AsyncGenerator<ImageRecord> {
    for (const [i, image] of (await this.#ports.images.all()).entries()) {
      if (i % AT_ONCE === AT_ONCE - 1) await new Promise((resolve) => setTimeout(resolve));
      yield image;
    }
  }

  /** Removes a transfer, its result, and those of its pictures that nothing else keeps. Answers the bytes of the images. */
  async remove(record: TransferRecord): Promise<number> {
    const { store, lives, frames, journal } = this.#ports;
    await store.remove(record.id);
    frames.forget(record.id);
    await journal.publishRemoval(record);
    let bytes = 0;
    for (const id of imagesOf(record)) bytes += await lives.removeUnused(id);
    return bytes;
  }
}
