import { GramcastError } from "../../errors.ts";
import type { DeviceOptimizer } from "../backends/device_optimizer.ts";
import type { Losses } from "../objective/losses.ts";
import { createOptimizer } from "../optimizers/create.ts";
import type { Optimizer, OptimizerState } from "../optimizers/optimizer.ts";
import type { OptimizerOptions } from "../options/options.ts";
import type { Pixels, Size } from "../picture.ts";
import { MovingAverage } from "./moving_average.ts";
import type { LossWeights, PreparedScale } from "./prepared_scale.ts";

/** What a step has come to. */
export interface Moved {
  /** Where they were evaluated. */
  readonly losses: Losses;
  /** Whether they are the picture's. */
  readonly accepted: boolean;
}

/**
 * The picture of one scale, its average, and what moves it: an optimiser here, or one on the device, where the engine can.
 */
export class Descent {
  readonly #options: OptimizerOptions;
  readonly #size: Size;
  #optimizer: Optimizer;
  #learningRate: number;
  #device: DeviceOptimizer | null = null;
  /** What of the state here is not behind that on the device. */
  #here: "all" | "picture" | "nothing" = "all";
  /** What is shown in place of the steps' pictures; null where that is not asked for. */
  readonly #average: MovingAverage | null;
  /** Steps that the average on the device is ahead. */
  #ahead = 0;

  constructor(
    options: OptimizerOptions,
    size: Size,
    state: OptimizerState,
    learningRate: number,
    average: MovingAverage | null,
  ) {
    this.#options = options;
    this.#size = size;
    this.#learningRate = learningRate;
    this.#average = average;
    this.#optimizer = this.#create(state);
  }

  /** The picture, brought here where steps were taken on a device. */
  async pixels(): Promise<Pixels> {
    if (this.#device && this.#here === "nothing") {
      this.#optimizer.pixels.set(await this.#device.pixels());
      this.#here = "picture";
    }
    return this.#optimizer.pixels;
  }

  /** The average, brought here where steps were taken on a device; null where none is taken. */
  async average(): Promise<MovingAverage | null> {
    if (this.#average && this.#device && this.#ahead > 0) {
      this.#average.take(await this.#device.average!(), this.#average.steps + this.#ahead);
      this.#ahead = 0;
    }
    return this.#average;
  }

  /** What is shown: the average, or the picture where none is taken. */
  async shown(): Promise<Pixels> {
    return (await this.average())?.pixels ?? await this.pixels();
  }

  /** What is shown, in bytes as `toPicture()` has them, where it is on a device that makes them; else null. */
  async shownBytes(): Promise<Uint8Array<ArrayBuffer> | null> {
    const [device, average] = [this.#device, this.#average];
    const isThere = average ? this.#ahead > 0 : this.#here === "nothing";
    if (!isThere || !device?.bytes) return null;
    return await device.bytes(average && average.correction(average.steps + this.#ahead));
  }

  /** All of the optimiser's state, brought here where steps were taken on a device. */
  async state(): Promise<OptimizerState> {
    if (this.#device && this.#here !== "all") {
      this.#optimizer = this.#create(await this.#device.state());
      this.#here = "all";
    }
    return this.#optimizer.state();
  }

  /**
   * What carries on at another scale, see `Optimizer`; this one is done with, and nothing of it is left on a device. The
   * average begins anew: it would blur the finer picture.
   */
  async rescaled(to: Size, pixels: Pixels): Promise<Descent> {
    await this.state();
    this.dispose();
    const state = this.#optimizer.rescaled(this.#size, to, pixels);
    const average = this.#average && new MovingAverage(this.#average.decay, new Float32Array(pixels.length));
    return new Descent(this.#options, to, state, this.#learningRate, average);
  }

  retune(learningRate: number): void {
    this.#learningRate = learningRate;
    this.#optimizer.setLearningRate(learningRate);
    this.#optimizer.objectiveChanged();
    this.#device?.objectiveChanged?.();
  }

  /** From here on the picture moves on the device, where the engine can. */
  async useDevice(prepared: PreparedScale): Promise<void> {
    this.#device = await prepared.onDevice(this.#options, await this.state(), this.#average);
  }

  /** Frees what is held on a device; what was not brought here is lost. */
  dispose(): void {
    this.#device?.dispose();
    this.#device = null;
  }

  /**
   * Takes steps from step `step` on: one at least, and more up to `most` where a device takes several before it is looked
   * at what they gave.
   *
   * @throws {GramcastError} LOSS_NOT_FINITE naming step and term, where that is the first; the picture then is the last good
   *   one. A later one is not taken.
   */
  async move(prepared: PreparedScale, weights: LossWeights, step: number, most: number): Promise<Moved[]> {
    if (!this.#device) {
      const { losses, gradient } = await prepared.evaluate(this.#optimizer.query, weights);
      const finite = Number.isFinite(losses.total) && allFinite(gradient);
      // A line search may step back from a loss that is not finite; nothing else may.
      if (!finite && !this.#optimizer.canStepBack) throw notFinite(step, losses);
      const { accepted } = this.#optimizer.advance({ loss: finite ? losses.total : Infinity, gradient });
      this.#average?.add(this.#optimizer.pixels);
      return [{ losses, accepted }];
    }
    const steps = await prepared.move(this.#device, most, weights, this.#learningRate);
    const good = steps.filter(({ finite }) => finite);
    if (good.length === 0) {
      await this.state();
      await this.average();
      throw notFinite(step, steps[0]!.losses);
    }
    this.#here = "nothing";
    this.#ahead += good.length;
    return good;
  }

  #create(state: OptimizerState): Optimizer {
    const optimizer = createOptimizer(this.#options, state, this.#size);
    optimizer.setLearningRate(this.#learningRate);
    return optimizer;
  }
}

/** Whether no value is NaN or infinite: such a value would make the sum so. */
function allFinite(values: Float32Array): boolean {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! * 0;
  return sum === 0;
}

function notFinite(step: number, losses: Losses): GramcastError {
  const layer = losses.layers.find(({ value }) => !Number.isFinite(value));
  const term = layer
    ? `the ${layer.kind} loss at ${layer.layer} is ${layer.value}`
    : Number.isFinite(losses.tv)
    ? `the gradient is not finite, the total loss is ${losses.total}`
    : `the tv loss is ${losses.tv}`;
  return new GramcastError("LOSS_NOT_FINITE", `Cannot take step ${step}: ${term}, wanted a finite number`);
}
