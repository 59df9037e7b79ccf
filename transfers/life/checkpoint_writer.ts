import { encodePicture } from "../../images/encode.ts";
import type { Picture } from "../../engine/picture.ts";
import { frameIsDue } from "../../engine/options/frame_due.ts";
import { type Log, oneLine } from "../log.ts";
import type { TransferStore } from "../storage/ports.ts";
import type { TransferRecord } from "../types.ts";

interface Pending {
  readonly step: number;
  readonly bytes: Uint8Array;
  readonly picture: Picture;
}

/**
 * Writes a transfer's checkpoints beside its steps: one at a time, and of those that come meanwhile only the newest, so
 * that slow storage costs checkpoints and not memory. A checkpoint that cannot be written is let go with a warning; the
 * one before it stays.
 */
export class CheckpointWriter {
  readonly #store: TransferStore;
  readonly #record: Pick<TransferRecord, "id" | "options">;
  readonly #log: Log;
  #next: Pending | null = null;
  #writing: Promise<void> | null = null;
  #newest = 0;

  constructor(store: TransferStore, record: Pick<TransferRecord, "id" | "options">, log: Log) {
    this.#store = store;
    this.#record = record;
    this.#log = log;
  }

  /** Step of the newest checkpoint written here, 0 before the first. */
  get newest(): number {
    return this.#newest;
  }

  /** Begins to write, or waits its turn; does not wait for the storage. */
  save(step: number, bytes: Uint8Array, picture: Picture): void {
    this.#next = { step, bytes, picture };
    this.#writing ??= this.#drain();
  }

  /** Resolves when everything is written. */
  async settled(): Promise<void> {
    await this.#writing;
  }

  /** Keeps a picture as the newest frame, so that it is there after a restart. */
  async saveFrame(step: number, picture: Picture): Promise<void> {
    const { id, options } = this.#record;
    const encoded = await encodePicture(picture, { format: "PNG" });
    const keep = options.keepFrames && frameIsDue(options, step);
    await this.#store.saveFrame(id, { step, width: picture.width, height: picture.height }, encoded, keep);
  }

  async #drain(): Promise<void> {
    for (let next = this.#take(); next !== null; next = this.#take()) {
      try {
        // The frame first: a checkpoint says that all before it is kept.
        await this.saveFrame(next.step, next.picture);
        await this.#store.saveCheckpoint(this.#record.id, next.step, next.bytes);
        this.#newest = Math.max(this.#newest, next.step);
      } catch (error) {
        this.#log.warn(
          `Transfer ${this.#record.id} goes on without the checkpoint of step ${next.step}: ${oneLine(error)}`,
        );
      }
    }
    this.#writing = null;
  }

  #take(): Pending | null {
    const next = this.#next;
    this.#next = null;
    return next;
  }
}
