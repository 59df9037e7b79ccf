import { GramcastError } from "../../errors.ts";
import type { DeviceOptimizer } from "../backends/device_optimizer.ts";
import type { Losses } from "../objective/losses.ts";
import { createOptimizer } from "../optimizers/create.ts";
import type { Optimizer, OptimizerState } from "../optimizers/optimizer.ts";
import type { OptimizerOptions } from "../options/options.ts";
import type { Pixels, Size } from "../picture.ts";
import type { LossWeights, PreparedScale } from "./prepared_scale.ts";

/** The picture of one scale and what moves it: an optimiser here, or one on the device, where the engine can. */
export class Descent {
  readonly #options: OptimizerOptions;
  readonly #size: Size;
  #optimizer: Optimizer;
  #learningRate: number;
  #device: DeviceOptimizer | null = null;
  /** What of the state here is not behind that on the device. */
  #here: "all" | "picture" | "nothing" = "all";

  constructor(options: OptimizerOptions, size: Size, state: OptimizerState, learningRate: number) {
    this.#options = options;
    this.#size = size;
    this.#learningRate = learningRate;
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

  /** All of the optimiser's state, brought here where steps were taken on a device. */
  async state(): Promise<OptimizerState> {
    if (this.#device && this.#here !== "all") {
      this.#optimizer = this.#create(await this.#device.state());
      this.#here = "all";
    }
    return this.#optimizer.state();
  }

  /** What carries on at another scale, see `Optimizer`; this one is done with, and nothing of it is left on a device. */
  async rescaled(to: Size, pixels: Pixels): Promise<Descent> {
    await this.state();
    this.dispose();
    return new Descent(this.#options, to, this.#optimizer.rescaled(this.#size, to, pixels), this.#learningRate);
  }

  retune(learningRate: number): void {
    this.#learningRate = learningRate;
    this.#optimizer.setLearningRate(learningRate);
    this.#optimizer.objectiveChanged();
    this.#device?.objectiveChanged?.();
  }

  /** From here on the picture moves on the device, where the engine can. */
  async useDevice(prepared: PreparedScale): Promise<void> {
    this.#device = await prepared.onDevice(this.#options, await this.state());
  }

  /** Frees what is held on a device; what was not brought here is lost. */
  dispose(): void {
    this.#device?.dispose();
    this.#device = null;
  }

  /**
   * Takes step `step`.
   *
   * @returns The losses where they were evaluated, and whether they are the picture's.
   * @throws {GramcastError} LOSS_NOT_FINITE naming step and term; the picture then is the last good one.
   */
  async move(
    prepared: PreparedScale,
    weights: LossWeights,
    step: number,
  ): Promise<{ losses: Losses; accepted: boolean }> {
    if (!this.#device) {
      const { losses, gradient } = await prepared.evaluate(this.#optimizer.query, weights);
      const finite = Number.isFinite(losses.total) && allFinite(gradient);
      // A line search may step back from a loss that is not finite; nothing else may.
      if (!finite && !this.#optimizer.canStepBack) throw notFinite(step, losses);
      const { accepted } = this.#optimizer.advance({ loss: finite ? losses.total : Infinity, gradient });
      return { losses, accepted };
    }
    const { losses, finite, accepted } = await prepared.move(this.#device, weights, this.#learningRate);
    if (!finite) {
      await this.state();
      throw notFinite(step, losses);
    }
    this.#here = "nothing";
    return { losses, accepted };
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
