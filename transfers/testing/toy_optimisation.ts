import type { Losses } from "../../engine/objective/losses.ts";
import type { TransferOptions } from "../../engine/options/options.ts";
import type { Picture } from "../../engine/picture.ts";
import { GramcastError } from "../../errors.ts";
import type { EngineJob } from "../process/engine.ts";
import { withTunables } from "../../engine/options/retune.ts";
import type { Tuning } from "../types.ts";

/** Of a picture; a larger one repeats them. */
const NOISE_BYTES = 2 ** 16;

/**
 * Stands in for an optimisation in tests: quick, and like the real one in all that the transfers layer relies on. Each
 * step follows from the state before it, the content and the frame before it, the options and the weights in force; from a checkpoint it goes on
 * exactly as it would have.
 */
export class ToyOptimisation {
  readonly #content: number;
  #options: TransferOptions;
  #later: readonly Tuning[];
  #step = 0;
  #state: number;

  constructor(job: Pick<EngineJob, "options" | "tunings" | "content" | "checkpoint" | "before">) {
    this.#options = job.options;
    this.#later = job.tunings;
    const { content, before } = job;
    this.#content = [content, ...before ? [before.content, before.result] : []]
      .reduce((sum, bytes) => bytes.reduce((sum, byte) => Math.imul(sum, 31) + byte | 0, sum), 7);
    this.#state = this.#content ^ job.options.seed;
    if (job.checkpoint !== null) [this.#step, this.#state] = readCheckpoint(job.checkpoint);
  }

  get step(): number {
    return this.#step;
  }

  get finished(): boolean {
    return this.#step >= this.#options.steps;
  }

  /** Weights to come into force later. */
  retune(tuning: Tuning): void {
    this.#later = [...this.#later.filter((other) => other.afterStep < tuning.afterStep), tuning];
  }

  /** The tuning that comes into force before the next step, once. */
  applyTuning(): Tuning | null {
    const due = this.#later.findLast((tuning) => tuning.afterStep <= this.#step) ?? null;
    if (due === null) return null;
    this.#later = this.#later.filter((tuning) => tuning.afterStep > this.#step);
    this.#options = withTunables(this.#options, due);
    return { ...due, afterStep: this.#step };
  }

  /** The losses as they are, without a step. */
  measure(): Losses {
    return this.#losses(this.#state, 0);
  }

  advance(): Losses {
    const { contentWeight, styleWeight } = this.#options;
    this.#step++;
    const mixed = Math.imul(this.#state ^ this.#step, 0x9e3779b1) + Math.round(contentWeight * 1000 + styleWeight);
    this.#state = (mixed ^ (mixed >>> 15)) | 0;
    return this.#losses(this.#state, this.#step);
  }

  #losses(state: number, step: number): Losses {
    const { contentWeight, styleWeight, tvWeight } = this.#options;
    const content = (state >>> 8) / 2 ** 24;
    const style = 1 / Math.max(1, step);
    return {
      total: contentWeight * content + styleWeight * style,
      content,
      style,
      tv: tvWeight,
      layers: [{ layer: "conv1_1", kind: "content", value: content }],
    };
  }

  /** @param fine With 16 bits that are no multiple of those of 8. */
  picture(fine = false): Picture {
    const { width, height } = this.#options;
    const rgb = new Uint8Array(3 * width * height);
    let value = this.#state;
    for (let i = 0; i < Math.min(rgb.length, NOISE_BYTES); i++) {
      value = (Math.imul(value, 1664525) + 1013904223) | 0;
      rgb[i] = value >>> 24;
    }
    for (let filled = NOISE_BYTES; filled < rgb.length; filled *= 2) rgb.copyWithin(filled, 0, filled);
    if (!fine) return { width, height, rgb };
    const rgb16 = Uint16Array.from(rgb, (value, i) => Math.min(65_535, Math.max(0, 257 * value + i % 255 - 127)));
    return { width, height, rgb, rgb16 };
  }

  checkpoint(): Uint8Array {
    return new TextEncoder().encode(JSON.stringify([this.#step, this.#state]));
  }
}

function readCheckpoint(bytes: Uint8Array): [number, number] {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new GramcastError("CHECKPOINT_UNREADABLE", "Cannot read the checkpoint: it is no checkpoint", { cause });
  }
}
