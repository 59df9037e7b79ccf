import { LRUCache } from "lru-cache";
import type { Picture } from "../../engine/picture.ts";
import type { FrameHandle } from "../api.ts";
import type { LiveFrames, TransferStore } from "../storage/ports.ts";
import { LiveFrameReader, type ShownFrame } from "./live_frame_reader.ts";

/** Transfers whose newest frame stays in memory: those that run, and the last that ended. */
const CAPACITY = 8;

/**
 * The frames of transfers: the newest in memory while it is wanted most, or as another server shows it, the others from the
 * store.
 */
export class FrameCache {
  readonly #store: TransferStore;
  readonly #decode: (encoded: Uint8Array) => Promise<Picture>;
  readonly #live: LiveFrameReader | null;
  /** By transfer: of those that run here. */
  readonly #newest = new LRUCache<string, FrameHandle>({ max: CAPACITY });

  /** @param live What other servers show; null where there are none. */
  constructor(
    store: TransferStore,
    decode: (encoded: Uint8Array) => Promise<Picture>,
    live: LiveFrames | null = null,
  ) {
    this.#store = store;
    this.#decode = decode;
    this.#live = live && new LiveFrameReader(live, decode);
  }

  /** Takes the place of the transfer's older frame; an older one than it has is let pass. */
  put(transferId: string, step: number, picture: Picture): void {
    const current = this.#newest.get(transferId);
    if (current !== undefined && current.step > step) return;
    const frame = handle(transferId, step, picture, () => Promise.resolve(picture));
    this.#newest.set(transferId, { ...frame, finest: async () => await this.#kept(transferId, step) ?? picture });
  }

  /** The newest frame, or null before the first. */
  async newest(transferId: string): Promise<FrameHandle | null> {
    return this.#newest.get(transferId) ?? await this.#shown(transferId) ??
      (await this.#stored(transferId)).at(-1) ?? null;
  }

  /** The frame of a step, or null when it is not there any more. */
  async at(transferId: string, step: number): Promise<FrameHandle | null> {
    const newest = this.#newest.get(transferId);
    if (newest?.step === step) return newest;
    const shown = newest === undefined ? await this.#live?.at(transferId, step) ?? null : null;
    if (shown !== null) return this.#handleOf(transferId, shown);
    return (await this.#stored(transferId)).find((frame) => frame.step === step) ?? null;
  }

  /** All frames that are there, by step. */
  async all(transferId: string): Promise<readonly FrameHandle[]> {
    const stored = await this.#stored(transferId);
    const newest = this.#newest.get(transferId) ?? await this.#shown(transferId);
    if (newest === null || stored.some((frame) => frame.step === newest.step)) return stored;
    return [...stored, newest].sort((a, b) => a.step - b.step);
  }

  forget(transferId: string): void {
    this.#newest.delete(transferId);
  }

  /** What another server shows. */
  async #shown(transferId: string): Promise<FrameHandle | null> {
    const shown = await this.#live?.newest(transferId) ?? null;
    return shown && this.#handleOf(transferId, shown);
  }

  #handleOf(transferId: string, shown: ShownFrame): FrameHandle {
    return handle(
      transferId,
      shown.step,
      shown,
      // When it is shown no more it may be kept.
      async () => await shown.picture() ?? await this.#read(transferId, shown.step),
    );
  }

  async #stored(transferId: string): Promise<FrameHandle[]> {
    return (await this.#store.frames(transferId)).map((frame) =>
      handle(transferId, frame.step, frame, () => this.#read(transferId, frame.step))
    );
  }

  async #kept(transferId: string, step: number): Promise<Picture | null> {
    const encoded = await this.#store.readFrame(transferId, step);
    return encoded && await this.#decode(encoded);
  }

  async #read(transferId: string, step: number): Promise<Picture> {
    const kept = await this.#kept(transferId, step);
    if (kept !== null) return kept;
    // It has gone since it was looked up: the newest is the best answer left.
    const newest = await this.newest(transferId);
    if (newest === null || newest.step === step) throw new Error(`Frame ${step} has been removed`);
    return await newest.picture();
  }
}

function handle(
  transferId: string,
  step: number,
  size: { readonly width: number; readonly height: number },
  picture: () => Promise<Picture>,
): FrameHandle {
  return { transferId, step, width: size.width, height: size.height, picture, finest: picture };
}
