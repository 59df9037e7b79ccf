import type { Clock } from "../clock.ts";
import type { FrameCache } from "../watch/frame_cache.ts";
import type { Journal } from "./journal.ts";
import { type Log, oneLine } from "../log.ts";
import type { ImageStore, TransferStore } from "../storage/ports.ts";
import { hasEnded, imagesOf, type TransferRecord } from "../types.ts";

const DAY = 86_400_000;
/** What ended, or came, in the last hour stays, however much there is. */
const RECENT = 3_600_000;
const HOUR = 3_600_000;

export interface RetentionPorts {
  readonly store: TransferStore;
  readonly images: ImageStore;
  readonly frames: FrameCache;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly log: Log;
}

export interface RetentionLimits {
  readonly days: number;
  readonly bytes: number;
}

/**
 * Removes what is not to be kept for ever: ended transfers that are too old, the oldest ended ones while all of them take
 * too much, and images that no transfer uses and that are too old. Queued, running and recently ended ones stay.
 */
export class Retention {
  readonly #ports: RetentionPorts;
  readonly #limits: RetentionLimits;
  #sweeping: Promise<void> | null = null;
  #lastSweep = -Infinity;

  constructor(ports: RetentionPorts, limits: RetentionLimits) {
    this.#ports = ports;
    this.#limits = limits;
  }

  /** Sweeps when the last time is an hour ago; never fails, only warns. */
  sweepWhenDue(): Promise<void> {
    if (this.#ports.clock.elapsed() - this.#lastSweep < HOUR) return this.#sweeping ?? Promise.resolve();
    this.#lastSweep = this.#ports.clock.elapsed();
    this.#sweeping ??= this.sweep()
      .catch((error) => this.#ports.log.warn(`Cannot remove old transfers: ${oneLine(error)}`))
      .finally(() => this.#sweeping = null);
    return this.#sweeping;
  }

  /** Resolves when no sweep is under way. */
  async settled(): Promise<void> {
    await this.#sweeping;
  }

  async sweep(): Promise<void> {
    const { store, images, clock, log } = this.#ports;
    const now = clock.now();
    const oldest = now - this.#limits.days * DAY;
    const ended = await store.ended();
    let bytes = ended.reduce((sum, footprint) => sum + footprint.bytes, 0);
    for (const image of await images.all()) bytes += image.byteLength;
    for (const footprint of ended) {
      const recent = footprint.finishedAt > now - RECENT;
      if (recent || (footprint.finishedAt >= oldest && bytes <= this.#limits.bytes)) continue;
      const record = await store.get(footprint.id);
      // It may have been resumed since the list was made.
      if (record === null || !hasEnded(record.status)) continue;
      bytes -= footprint.bytes + await this.remove(record);
      log.info(`Transfer ${record.id} is removed: past its retention`);
    }
    for (const image of await images.all()) {
      if (image.createdAt < oldest && await store.imageUses(image.id) === 0) await images.remove(image.id);
    }
  }

  /** Removes a transfer and those of its images that no other uses. Answers the bytes of the images removed. */
  async remove(record: TransferRecord): Promise<number> {
    const { store, images, frames, journal } = this.#ports;
    await store.remove(record.id);
    frames.forget(record.id);
    await journal.publishRemoval(record);
    let bytes = 0;
    for (const id of imagesOf(record)) {
      const image = await images.get(id);
      if (image === null || await store.imageUses(id) > 0) continue;
      bytes += image.byteLength;
      await images.remove(id);
    }
    return bytes;
  }
}
