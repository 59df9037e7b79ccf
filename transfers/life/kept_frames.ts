import { frameIsDue } from "../../engine/options/frame_due.ts";
import { frameOfStep, framesIn } from "../../engine/options/moving_schedule.ts";
import type { Picture, Size } from "../../engine/picture.ts";
import { encodePicture } from "../../images/encode.ts";
import type { TransferStore } from "../storage/ports.ts";
import { Turns } from "../turns.ts";
import type { TransferRecord } from "../types.ts";

/**
 * The frames that are kept of one transfer: the newest, those that finish a frame of a moving content, and with `keepFrames`
 * all that are due, as far as they take no more than so many bytes. Where they would, every second one goes, and from then
 * on only every second one is kept, so that what is there is spread evenly over the steps. What finishes a frame of the content is needed for the result, and does not
 * count.
 */
export class KeptFrames {
  readonly #store: TransferStore;
  readonly #record: Pick<TransferRecord, "id" | "options">;
  readonly #maxBytes: number;
  readonly #turns = new Turns();
  /** Steps between frames that are kept. */
  #every: number;
  /** Bytes of those that are kept, by step; null until they are asked for. */
  #kept: Map<number, number> | null = null;

  constructor(store: TransferStore, record: Pick<TransferRecord, "id" | "options">, maxBytes: number) {
    this.#store = store;
    this.#record = record;
    this.#maxBytes = maxBytes;
    this.#every = record.options.frameEvery;
  }

  /**
   * Keeps a frame that is due, unless there are too many for it.
   *
   * @param encoded Gives it as it is kept, where somebody else wants it so, too.
   * @throws {GramcastError} STORAGE_FULL
   */
  async saveDue(step: number, picture: Picture, encoded = () => encodeFrame(picture)): Promise<void> {
    if (this.#isWanted(step)) await this.#save(step, picture, await encoded(), false);
  }

  /** Keeps a picture as the newest frame, so that it is there after a restart. @throws {GramcastError} STORAGE_FULL */
  async saveNewest(step: number, picture: Picture): Promise<void> {
    const { rgb16: _, ...coarse } = picture;
    // The next frame of a moving content begins with it: whoever saved it, it is the same.
    await this.#save(step, picture, await encodeFrame(this.#finishes(step) ? coarse : picture), true);
  }

  async #save(step: number, { width, height }: Size, encoded: Uint8Array, always: boolean): Promise<void> {
    await this.#turns.take(async () => {
      const keep = this.#isWanted(step) && await this.#makeRoom(step, encoded.byteLength);
      if (!keep && !always) return;
      await this.#store.saveFrame(this.#record.id, { step, width, height }, encoded, keep);
      if (keep && !this.#finishes(step)) this.#kept?.set(step, encoded.byteLength);
    });
  }

  /** Keeps a picture that finishes a frame of a moving content, unless it is there. @throws {GramcastError} STORAGE_FULL */
  async saveFinished(step: number, picture: Picture): Promise<void> {
    const kept = await this.#store.frames(this.#record.id);
    if (!kept.some((frame) => frame.step === step)) await this.saveNewest(step, picture);
  }

  /** Whether the picture after a step is what is painted of a frame of a moving content. */
  #finishes(step: number): boolean {
    const { options } = this.#record;
    const place = frameOfStep(options, step);
    return framesIn(options) > 1 && place.step === place.steps;
  }

  #isWanted(step: number): boolean {
    const { options } = this.#record;
    if (this.#finishes(step)) return true;
    const place = frameOfStep(options, step);
    const inStride = place.step % this.#every === 0 || place.step === place.steps;
    return options.keepFrames && frameIsDue(options, step) && inStride;
  }

  /** Lets frames go until there is room for one more. Answers whether that one is still wanted then. */
  async #makeRoom(step: number, bytes: number): Promise<boolean> {
    if (this.#finishes(step)) return true;
    const { id } = this.#record;
    this.#kept ??= new Map(
      (await this.#store.frames(id)).filter(({ step }) => !this.#finishes(step)).map((
        { step, bytes },
      ) => [step, bytes]),
    );
    const kept = this.#kept;
    const taken = () => [...kept].reduce((sum, [other, bytes]) => other === step ? sum : sum + bytes, 0);
    while (kept.size > 0 && taken() + bytes > this.#maxBytes) {
      const every = 2 * this.#every;
      const dropped = [...kept.keys()].filter((other) => frameOfStep(this.#record.options, other).step % every !== 0);
      await this.#store.removeFrames(id, dropped);
      for (const other of dropped) kept.delete(other);
      this.#every = every;
    }
    return this.#isWanted(step) && taken() + bytes <= this.#maxBytes;
  }
}

/** A picture as frames are kept and shown: nothing of it is lost, in 8 bits or 16. */
export function encodeFrame(picture: Picture): Promise<Uint8Array> {
  return encodePicture(picture, { format: "PNG", bits: picture.rgb16 ? 16 : 8 });
}
