import { GramcastError } from "../../errors.ts";
import type { Backend } from "../backends/backend.ts";
import { readCheckpoint, writeCheckpoint } from "./checkpoint.ts";
import { Descent } from "./descent.ts";
import { initialPixels, startPicture } from "./initial_pixels.ts";
import {
  carryOver,
  colorModeOf,
  fillGaps,
  finish,
  type FrameInput,
  type OptimisationInput,
  prepareColors,
  type Resize,
} from "./input.ts";
import { MovingAverage } from "./moving_average.ts";
import type { Losses } from "../objective/losses.ts";
import type { ColorMode, Retuning, Scale } from "../options/options.ts";
import { atLargestStyle } from "../options/style_side.ts";
import { type Picture, type Pixels, type Size, toPicture, toPixels } from "../picture.ts";
import { resample } from "../resample.ts";
import { checkMemory } from "../estimate/check_memory.ts";
import { type Limits, type LossWeights, PreparedScale } from "./prepared_scale.ts";

export type { FrameInput, OptimisationInput, Resize } from "./input.ts";
export type { Limits } from "./prepared_scale.ts";

/** What one step gave. */
export interface StepReport {
  /** Counted from 1 over all scales. */
  readonly step: number;
  /**
   * Adam: at the picture before the step, as the article prints them. L-BFGS: at the picture after it; a rejected point
   * repeats the losses of the picture that was kept.
   */
  readonly losses: Losses;
  /** Of wall-clock time. */
  readonly seconds: number;
  readonly size: Size;
}

/**
 * The optimisation of one picture: Gatys, Ecker and Bethge (2016), from coarse to fine. Steps are taken one at a time,
 * so that its caller can look, listen and stop between them. The same input on the same engine within the same
 * limits gives the same bytes, also when it is taken apart by `checkpoint()` and `restore()` at any step.
 */
export class Optimisation {
  readonly #backend: Backend;
  readonly #resize: Resize;
  readonly #input: OptimisationInput;
  readonly #color: ColorMode;
  readonly #limits: Limits;
  /** The pictures as the network sees them, in the colours of the colour option. */
  readonly #prepared: OptimisationInput;
  #preparedScale: PreparedScale | null = null;
  #descent: Descent;
  #scaleIndex: number;
  #scaleStep: number;
  #step: number;
  #weights: LossWeights;
  #learningRate: number;
  #lastLosses: Losses | null;
  /** The picture that the present scale began with, where neighbours are looked for in it; null at the first. */
  #begun: Pixels | null;
  /** The content at the size of the current scale, for its colours. */
  #content: Picture;

  private constructor(
    backend: Backend,
    resize: Resize,
    input: OptimisationInput,
    limits: Limits,
    prepared: OptimisationInput,
    content: Picture,
    descent: Descent,
    state: {
      step: number;
      scale: number;
      scaleStep: number;
      weights: LossWeights;
      learningRate: number;
      losses: Losses | null;
      begun: Pixels | null;
    },
  ) {
    this.#backend = backend;
    this.#resize = resize;
    this.#input = input;
    this.#color = colorModeOf(input);
    this.#limits = limits;
    this.#prepared = prepared;
    this.#content = content;
    this.#descent = descent;
    this.#step = state.step;
    this.#scaleIndex = state.scale;
    this.#scaleStep = state.scaleStep;
    this.#weights = state.weights;
    this.#learningRate = state.learningRate;
    this.#lastLosses = state.losses;
    this.#begun = state.begun;
  }

  /**
   * Makes the start picture. Targets are taken at the first step.
   *
   * @throws {GramcastError} TOO_LARGE when it cannot be done within the limits.
   */
  static async start(
    backend: Backend,
    resize: Resize,
    input: FrameInput,
    limits: Limits = {},
  ): Promise<Optimisation> {
    const { options, styles } = input;
    if (limits.memoryBytes !== undefined) checkMemory(atLargestStyle(options, styles), limits.memoryBytes);
    const filled = fillGaps(await carryOver(input, resize));
    const prepared = prepareColors(filled, colorModeOf(filled));
    const first = options.scales[0]!;
    const pixels = await initialPixels(prepared, first, resize);
    const { learningRate } = options.optimizer;
    const { averaging } = options;
    const average = averaging > 0 ? new MovingAverage(averaging, new Float32Array(pixels.length)) : null;
    const descent = new Descent(options.optimizer, first, { numbers: {}, arrays: { pixels } }, learningRate, average);
    const content = await resize(filled.content, first);
    return new Optimisation(backend, resize, filled, limits, prepared, content, descent, {
      step: 0,
      scale: 0,
      scaleStep: 0,
      weights: options,
      learningRate,
      losses: null,
      begun: null,
    });
  }

  /**
   * Continues from a checkpoint of an optimisation with the same input. More steps in the last scale than it had then are
   * taken as if they had been asked for from the start.
   *
   * @throws {GramcastError} CHECKPOINT_UNREADABLE
   */
  static async restore(
    backend: Backend,
    resize: Resize,
    input: FrameInput,
    checkpoint: Uint8Array,
    limits: Limits = {},
  ): Promise<Optimisation> {
    const saved = readCheckpoint(checkpoint);
    const { options } = input;
    const scale = options.scales[saved.scale];
    if (!scale || scale.width !== saved.width || scale.height !== saved.height) {
      throw new GramcastError(
        "CHECKPOINT_UNREADABLE",
        `Cannot continue from the checkpoint: it has ${saved.width}×${saved.height} pixels in scale ${
          saved.scale + 1
        }, ` +
          `wanted ${scale ? `${scale.width}×${scale.height}` : "a scale of the schedule"}`,
      );
    }
    const average = saved.average && new MovingAverage(options.averaging, saved.average, saved.averagedSteps);
    const descent = new Descent(options.optimizer, scale, saved.optimizer, saved.learningRate, average);
    const filled = fillGaps(await carryOver(input, resize));
    const prepared = prepareColors(filled, colorModeOf(filled));
    const content = await resize(filled.content, scale);
    return new Optimisation(backend, resize, filled, limits, prepared, content, descent, saved);
  }

  /** Steps taken, over all scales. */
  get step(): number {
    return this.#step;
  }

  get finished(): boolean {
    return this.#scaleIndex === this.#scales.length - 1 && this.#scaleStep >= this.#scale.steps;
  }

  /** Size of the picture now: that of the current scale. */
  get size(): Size {
    return { width: this.#scale.width, height: this.#scale.height };
  }

  /** The losses of the picture as it is, by an evaluation that moves nothing. */
  async measure(): Promise<Losses> {
    this.#preparedScale ??= await this.#prepareScale();
    return (await this.#preparedScale.evaluate(await this.#descent.pixels(), this.#weights)).losses;
  }

  /**
   * Takes one step.
   *
   * @throws {GramcastError} LOSS_NOT_FINITE naming step and term; `picture()` then is the last good one.
   */
  async advance(): Promise<StepReport> {
    const [report] = await this.advanceTogether(1);
    return report!;
  }

  /**
   * Takes steps of one scale: one at least, and more up to `most` where the engine can before it is looked at what they gave.
   * The first of a scale is taken alone, because it prepares the scale. They are the same as one at a time.
   *
   * @returns What each step gave; they have taken the same time. The picture is that after the last.
   * @throws {GramcastError} LOSS_NOT_FINITE as `advance()`.
   */
  async advanceTogether(most: number): Promise<StepReport[]> {
    if (this.finished) throw new RangeError(`Cannot take step ${this.#step + 1}: wanted at most ${this.#step}`);
    const started = performance.now();
    if (this.#scaleStep >= this.#scale.steps) await this.#enterNextScale();
    const count = this.#preparedScale ? Math.min(most, this.#scale.steps - this.#scaleStep) : 1;
    this.#preparedScale ??= await this.#prepareScale();
    const moved = await this.#descent.move(this.#preparedScale, this.#weights, this.#step + 1, count);
    const seconds = (performance.now() - started) / 1000 / moved.length;
    return moved.map(({ losses, accepted }) => {
      if (accepted || !this.#lastLosses) this.#lastLosses = losses;
      this.#step++;
      this.#scaleStep++;
      return { step: this.#step, losses: this.#lastLosses, seconds, size: this.size };
    });
  }

  /**
   * The picture after the last step: averaged and with the colours that were asked for.
   *
   * @param fine Whether it has 16 bits, too.
   */
  async picture(fine = false): Promise<Picture> {
    // Of brightness and colours together 8 bits are those of 16: else a picture that is kept in 16 would come back another.
    const isFine = fine || this.#color === "LUMINANCE";
    const rgb = isFine ? null : await this.#descent.shownBytes();
    const shown = rgb ? { ...this.size, rgb } : toPicture(await this.#descent.shown(), this.size, isFine);
    const { rgb16, ...picture } = finish(this.#color, shown, this.#content);
    return fine && rgb16 ? { ...picture, rgb16 } : picture;
  }

  /** All that `restore()` needs. */
  async checkpoint(): Promise<Uint8Array<ArrayBuffer>> {
    const average = await this.#descent.average();
    return writeCheckpoint({
      step: this.#step,
      scale: this.#scaleIndex,
      scaleStep: this.#scaleStep,
      ...this.size,
      optimizer: await this.#descent.state(),
      average: average?.sum ?? null,
      averagedSteps: average?.steps ?? 0,
      begun: this.#begun,
      weights: {
        contentWeight: this.#weights.contentWeight,
        styleWeight: this.#weights.styleWeight,
        tvWeight: this.#weights.tvWeight,
      },
      learningRate: this.#learningRate,
      losses: this.#lastLosses,
    });
  }

  /** Changes weights and learning rate from the next step on. */
  retune(retuning: Retuning): void {
    this.#weights = {
      contentWeight: retuning.contentWeight ?? this.#weights.contentWeight,
      styleWeight: retuning.styleWeight ?? this.#weights.styleWeight,
      tvWeight: retuning.tvWeight ?? this.#weights.tvWeight,
    };
    this.#learningRate = retuning.learningRate ?? this.#learningRate;
    this.#descent.retune(this.#learningRate);
  }

  /** Frees what the backend holds. */
  async dispose(): Promise<void> {
    this.#descent.dispose();
    await this.#preparedScale?.dispose();
    this.#preparedScale = null;
  }

  get #scales(): readonly Scale[] {
    return this.#input.options.scales;
  }

  get #scale(): Scale {
    return this.#scales[this.#scaleIndex]!;
  }

  async #prepareScale(): Promise<PreparedScale> {
    const prepared = await PreparedScale.prepare(
      this.#backend,
      this.#resize,
      this.#prepared,
      this.#scale,
      this.#limits,
      this.#begun,
    );
    await this.#descent.useDevice(prepared);
    return prepared;
  }

  /**
   * Carries picture and optimiser over to the next size. What began as a picture is carried over as a change of it: so the finer picture has that picture's own detail from the start,
   * which interpolation does not know and steps would have to find again.
   */
  async #enterNextScale(): Promise<void> {
    const from = this.size;
    const shown = await this.#descent.shown();
    this.#scaleIndex++;
    this.#scaleStep = 0;
    const start = startPicture(this.#prepared);
    const pixels = start ? await this.#carryChange(start, shown, from) : resample(shown, from, this.size);
    if (this.#input.options.styleMatch === "NEIGHBORS") this.#begun = pixels.slice();
    this.#descent = await this.#descent.rescaled(this.size, pixels);
    await this.#preparedScale?.dispose();
    this.#preparedScale = null;
    this.#content = await this.#resize(this.#input.content, this.size);
  }

  /** The start picture at the present size, changed as `pixels` are from the start picture at theirs. */
  async #carryChange(start: Picture, pixels: Pixels, from: Size): Promise<Pixels> {
    const before = toPixels(await this.#resize(start, from));
    const change = resample(pixels.map((value, i) => value - before[i]!), from, this.size);
    return toPixels(await this.#resize(start, this.size)).map((value, i) => value + change[i]!);
  }
}
