import type { Picture } from "../../engine/picture.ts";
import { type Log, oneLine } from "../log.ts";
import { ClaimLost, type TransferStore } from "../storage/ports.ts";
import type { KeptFrames } from "./kept_frames.ts";

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
  readonly #id: string;
  readonly #frames: KeptFrames;
  readonly #log: Log;
  readonly #lost: () => void;
  #next: Pending | null = null;
  #writing: Promise<void> | null = null;
  #newest = 0;

  /** @param lost Called when the transfer is another worker's. */
  constructor(store: TransferStore, id: string, frames: KeptFrames, log: Log, lost: () => void) {
    this.#store = store;
    this.#id = id;
    this.#frames = frames;
    this.#log = log;
    this.#lost = lost;
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

  async #drain(): Promise<void> {
    for (let next = this.#take(); next !== null; next = this.#take()) {
      try {
        // The frame first: a checkpoint says that all before it is kept.
        await this.#frames.saveNewest(next.step, next.picture);
        await this.#store.saveCheckpoint(this.#id, next.step, next.bytes);
        this.#newest = Math.max(this.#newest, next.step);
      } catch (error) {
        if (error instanceof ClaimLost) this.#lost();
        else {this.#log.warn(
            `Transfer ${this.#id} goes on without the checkpoint of step ${next.step}: ${oneLine(error)}`,
          );}
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
