import type { MaskRaster, Rect } from "./raster.ts";

/** Bytes of all that can be undone and done again: 32 times the whole of the largest mask, or hundreds of strokes. */
const MOST_BYTES = 2 ** 25;

/** A part as it was; once undone, as it was before that. */
interface Step {
  readonly rect: Rect;
  values: Uint8Array;
}

/** What was done to a mask, so that it can be undone and done again. What is oldest is forgotten first. */
export class History {
  readonly #raster: MaskRaster;
  readonly #mostBytes: number;
  readonly #done: Step[] = [];
  readonly #undone: Step[] = [];

  constructor(raster: MaskRaster, mostBytes = MOST_BYTES) {
    this.#raster = raster;
    this.#mostBytes = mostBytes;
  }

  get canUndo(): boolean {
    return this.#done.length > 0;
  }

  get canRedo(): boolean {
    return this.#undone.length > 0;
  }

  /** Remembers what a part was before it was changed. What was undone before cannot be done again. */
  record(rect: Rect, before: Uint8Array): void {
    this.#undone.length = 0;
    this.#done.push({ rect, values: before });
    let bytes = this.#done.reduce((sum, { values }) => sum + values.length, 0);
    while (bytes > this.#mostBytes && this.#done.length > 1) bytes -= this.#done.shift()!.values.length;
  }

  /** @returns The part that has changed; null when there was nothing to undo. */
  undo(): Rect | null {
    return this.#swap(this.#done, this.#undone);
  }

  /** @returns The part that has changed; null when there was nothing to do again. */
  redo(): Rect | null {
    return this.#swap(this.#undone, this.#done);
  }

  #swap(from: Step[], to: Step[]): Rect | null {
    const step = from.pop();
    if (!step) return null;
    const { rect, values } = step;
    step.values = this.#raster.copy(rect);
    this.#raster.put(rect, values);
    to.push(step);
    return rect;
  }
}
