import type { Footage } from "../../images/film.ts";
import type { Films } from "../life/renditions.ts";

/** A film that a test looks at: how many bytes each frame has, and for how long each is shown. */
export interface FakeFilm {
  readonly frames: readonly number[];
  readonly delays: readonly number[];
  readonly width: number;
}

/** Writes films that say what they were asked for, when a test lets it. */
export class FakeFilms implements Films {
  /** Films begun. */
  count = 0;
  /** Of those that were not written to their end. */
  readonly brokenOff: unknown[] = [];
  failure: Error | null = null;
  #gate = Promise.withResolvers<void>();

  constructor() {
    this.#gate.resolve();
  }

  /** Films end when `release` is called. */
  hold(): void {
    this.#gate = Promise.withResolvers();
  }

  release(): void {
    this.#gate.resolve();
  }

  async write({ frames, size, delays }: Footage, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    signal.throwIfAborted();
    this.count++;
    const { promise: left, reject } = Promise.withResolvers<never>();
    signal.addEventListener("abort", () => reject(signal.reason));
    try {
      await Promise.race([this.#gate.promise, left]);
    } catch (error) {
      this.brokenOff.push(error);
      throw error;
    }
    if (this.failure) throw this.failure;
    const sizes = (await Array.fromAsync(frames)).map(({ byteLength }) => byteLength);
    const film: FakeFilm = { frames: sizes, delays, width: size.width };
    return new TextEncoder().encode(JSON.stringify(film));
  }
}
