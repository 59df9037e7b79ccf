import { LRUCache } from "lru-cache";
import type { Picture } from "../../engine/picture.ts";
import type { FrameHandle } from "../api.ts";
import type { TransferStore } from "../storage/ports.ts";

/** Transfers whose newest frame stays in memory: those that run, and the last that ended. */
const CAPACITY = 8;

/** The frames of transfers: the newest in memory while it is wanted most, the others from the store. */
export class FrameCache {
  readonly #store: TransferStore;
  readonly #decode: (encoded: Uint8Array) => Promise<Picture>;
  /** By transfer. */
  readonly #newest = new LRUCache<string, FrameHandle>({ max: CAPACITY });

  constructor(store: TransferStore, decode: (encoded: Uint8Array) => Promise<Picture>) {
    this.#store = store;
    this.#decode = decode;
  }

  /** Takes the place of the transfer's older frame; an older one than it has is let pass. */
  put(transferId: string, step: number, picture: Picture): void {
    const current = this.#newest.get(transferId);
    if (current !== undefined && current.step > step) return;
    this.#newest.set(transferId, handle(transferId, step, picture, () => Promise.resolve(picture)));
  }

  /** The newest frame, or null before the first. */
  async newest(transferId: string): Promise<FrameHandle | null> {
    return this.#newest.get(transferId) ?? (await this.#stored(transferId)).at(-1) ?? null;
  }

  /** The frame of a step, or null when it is not there any more. */
  async at(transferId: string, step: number): Promise<FrameHandle | null> {
    const newest = this.#newest.get(transferId);
    if (newest?.step === step) return newest;
    return (await this.#stored(transferId)).find((frame) => frame.step === step) ?? null;
  }

  /** All frames that are there, by step. */
  async all(transferId: string): Promise<readonly FrameHandle[]> {
    const stored = await this.#stored(transferId);
    const newest = this.#newest.get(transferId);
    if (newest === undefined || stored.some((frame) => frame.step === newest.step)) return stored;
    return [...stored, newest].sort((a, b) => a.step - b.step);
  }

  forget(transferId: string): void {
    this.#newest.delete(transferId);
  }

  async #stored(transferId: string): Promise<FrameHandle[]> {
    return (await this.#store.frames(transferId)).map((frame) =>
      handle(transferId, frame.step, frame, async () => {
        const encoded = await this.#store.readFrame(transferId, frame.step);
        if (encoded !== null) return await this.#decode(encoded);
        // It has gone since the list was read: the newest is the best answer left.
        const newest = await this.newest(transferId);
        if (newest === null || newest.step === frame.step) throw new Error(`Frame ${frame.step} has been removed`);
        return await newest.picture();
      })
    );
  }
}

function handle(
  transferId: string,
  step: number,
  size: { readonly width: number; readonly height: number },
  picture: () => Promise<Picture>,
): FrameHandle {
  return { transferId, step, width: size.width, height: size.height, picture };
}
