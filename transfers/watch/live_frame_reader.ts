import { LRUCache } from "lru-cache";
import type { Picture } from "../../engine/picture.ts";
import { lazy } from "../lazy.ts";
import type { FrameRecord, LiveFrames } from "../storage/ports.ts";

/** Bytes of pictures that stay in memory: of those that are watched here. */
const CAPACITY = 256 * 2 ** 20;

/** The newest frame of a transfer that another server runs. */
export interface ShownFrame extends FrameRecord {
  /** Null when a newer one has taken its place before it was read. */
  readonly picture: () => Promise<Picture | null>;
}

/** The newest frames of transfers that other servers run: each is read and decoded once for all who watch it here. */
export class LiveFrameReader {
  readonly #live: LiveFrames;
  readonly #decode: (encoded: Uint8Array) => Promise<Picture>;
  /** By transfer. */
  readonly #newest = new LRUCache<string, ShownFrame>({
    maxSize: CAPACITY,
    sizeCalculation: ({ width, height }) => 3 * width * height,
  });
  /** Looks under way, by transfer. */
  readonly #looks = new Map<string, Promise<ShownFrame | null>>();

  constructor(live: LiveFrames, decode: (encoded: Uint8Array) => Promise<Picture>) {
    this.#live = live;
    this.#decode = decode;
  }

  /** The newest frame; null where none is shown. */
  newest(id: string): Promise<ShownFrame | null> {
    const under = this.#looks.get(id);
    if (under !== undefined) return under;
    const look = this.#look(id).finally(() => this.#looks.delete(id));
    this.#looks.set(id, look);
    return look;
  }

  /** The frame of a step; null where it is not the newest. */
  async at(id: string, step: number): Promise<ShownFrame | null> {
    let newest = this.#newest.get(id) ?? null;
    // A look that was under way already may have come before the frame was shown: the one after it did not.
    for (let looks = 0; looks < 2 && (newest?.step ?? -1) < step; looks++) newest = await this.newest(id);
    return newest?.step === step ? newest : null;
  }

  async #look(id: string): Promise<ShownFrame | null> {
    const found = await this.#live.newest(id);
    if (found === null) {
      this.#newest.delete(id);
      return null;
    }
    const known = this.#newest.get(id);
    if (known?.step === found.step) return known;
    const shown = { ...found, picture: lazy(() => this.#read(id, found.step)) };
    this.#newest.set(id, shown);
    return shown;
  }

  async #read(id: string, step: number): Promise<Picture | null> {
    const encoded = await this.#live.read(id, step);
    return encoded && await this.#decode(encoded);
  }
}
