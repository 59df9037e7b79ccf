import type { OptimizerOptions } from "../options/options.ts";
import type { Pixels, Size } from "../picture.ts";
import { resample } from "../resample.ts";
import type { Optimizer, OptimizerState, Point, Verdict } from "./optimizer.ts";

/** Adam (Kingma and Ba 2015), with both moments corrected for their bias. One step per evaluation. */
export class Adam implements Optimizer {
  readonly pixels: Pixels;
  readonly #first: Float32Array;
  readonly #second: Float32Array;
  readonly #options: OptimizerOptions;
  #learningRate: number;
  #step: number;

  constructor(options: OptimizerOptions, state: OptimizerState) {
    this.#options = options;
    this.#learningRate = options.learningRate;
    this.pixels = state.arrays["pixels"]!;
    this.#first = state.arrays["first"] ?? new Float32Array(this.pixels.length);
    this.#second = state.arrays["second"] ?? new Float32Array(this.pixels.length);
    this.#step = state.numbers["step"] ?? 0;
  }

  readonly canStepBack = false;

  get query(): Pixels {
    return this.pixels;
  }

  advance({ gradient }: Point): Verdict {
    const { beta1, beta2, epsilon } = this.#options;
    const { rate, correction } = adamRates(this.#options, ++this.#step, this.#learningRate);
    const [x, m, v] = [this.pixels, this.#first, this.#second];
    for (let i = 0; i < x.length; i++) {
      const g = gradient[i]!;
      const first = beta1 * m[i]! + (1 - beta1) * g;
      const second = beta2 * v[i]! + (1 - beta2) * g * g;
      m[i] = first;
      v[i] = second;
      x[i]! -= (rate * first) / (Math.sqrt(second) * correction + epsilon);
    }
    return { accepted: true };
  }

  /** Adam looks at gradients alone and adapts by itself. */
  objectiveChanged(): void {}

  setLearningRate(learningRate: number): void {
    this.#learningRate = learningRate;
  }

  state(): OptimizerState {
    return {
      numbers: { step: this.#step },
      arrays: { pixels: this.pixels, first: this.#first, second: this.#second },
    };
  }

  rescaled(from: Size, to: Size, pixels: Pixels): OptimizerState {
    const first = resample(this.#first, from, to);
    const second = resample(this.#second, from, to);
    // Cubic interpolation undershoots: where the second moment came out near 0, or below, the next step would have no
    // bounds. A mean of squares is not less than the square of the mean, which keeps it within the learning rate.
    const { rate, correction } = adamRates(this.#options, Math.max(1, this.#step), 1);
    for (let i = 0; i < second.length; i++) {
      second[i] = Math.max(second[i]!, ((rate / correction) * first[i]!) ** 2);
    }
    return { numbers: { step: this.#step }, arrays: { pixels, first, second } };
  }
}

/** The numbers of a step that change from one to the next. */
export function adamRates(
  { beta1, beta2 }: { readonly beta1: number; readonly beta2: number },
  step: number,
  learningRate: number,
): { readonly rate: number; readonly correction: number } {
  return { rate: learningRate / (1 - beta1 ** step), correction: 1 / Math.sqrt(1 - beta2 ** step) };
}
