import type { OptimizerOptions } from "../options/options.ts";
import type { Pixels, Size } from "../picture.ts";
import { InitialInverseHessian } from "./initial_inverse_hessian.ts";
import { type CurvaturePair, InverseHessian } from "./inverse_hessian.ts";
import { LineSearch, type Origin } from "./line_search.ts";
import type { Optimizer, OptimizerState, Point, Verdict } from "./optimizer.ts";
import { difference, dot, largest } from "./vectors.ts";

/** Largest change of any pixel value in the very first step, which knows nothing of the curvature. */
export const FIRST_CHANGE = 4;
/** Largest change of any pixel value in one step: a picture has a range of 255. */
export const LARGEST_CHANGE = 64;
/** After so many rejections in a row the memory is wrong, and the search begins again along the gradient. */
export const MAX_REJECTIONS = 8;

/**
 * L-BFGS (Nocedal 1980) with a backtracking line search. Every evaluation is one step: a point that does not decrease
 * the loss enough is rejected, and the next one lies nearer to the picture. So a step never makes the picture worse,
 * however badly the loss is scaled, and it never stops.
 */
export class Lbfgs implements Optimizer {
  readonly #inverseHessian: InverseHessian;
  #learningRate: number;
  #pixels: Pixels;
  /** From `pixels`. Null until the loss there is known: at the start, and when it has changed. */
  #search: LineSearch | null;

  constructor(options: OptimizerOptions, state: OptimizerState, initial = new InitialInverseHessian()) {
    this.#inverseHessian = new InverseHessian(options.history, initial, pairsOf(state));
    this.#learningRate = options.learningRate;
    this.#pixels = state.arrays["pixels"]!;
    this.#search = searchOf(state);
  }

  get query(): Pixels {
    return this.#search?.trial ?? this.#pixels;
  }

  get pixels(): Pixels {
    return this.#pixels;
  }

  get canStepBack(): boolean {
    return this.#search !== null;
  }

  advance({ loss, gradient }: Point): Verdict {
    const search = this.#search;
    if (search !== null && !search.accepts(loss)) {
      this.#search = this.#stepBack(search, loss);
      return { accepted: false };
    }
    if (search !== null) {
      const step = difference(search.trial, search.origin.pixels);
      this.#inverseHessian.remember({ step, change: difference(gradient, search.origin.gradient) });
    }
    this.#pixels = this.query;
    this.#search = this.#searchFrom({ pixels: this.#pixels, loss, gradient });
    return { accepted: true };
  }

  objectiveChanged(): void {
    this.#inverseHessian.forget();
    this.#search = null;
  }

  setLearningRate(learningRate: number): void {
    this.#learningRate = learningRate;
  }

  state(): OptimizerState {
    if (this.#search === null) return { numbers: {}, arrays: { pixels: this.#pixels } };
    const { origin: { loss, gradient }, direction, slope, stride, rejections } = this.#search;
    const arrays: Record<string, Float32Array> = { pixels: this.#pixels, gradient, direction };
    this.#inverseHessian.pairs.forEach(({ step, change }, i) => {
      arrays[`step${i}`] = step;
      arrays[`change${i}`] = change;
    });
    return { numbers: { slope, stride, rejections, loss }, arrays };
  }

  /** Curvature at one size says little about that at another: a scale begins without memory. */
  rescaled(_from: Size, _to: Size, pixels: Pixels): OptimizerState {
    return { numbers: {}, arrays: { pixels } };
  }

  #stepBack(search: LineSearch, loss: number): LineSearch {
    const shortened = search.shortened(loss);
    if (shortened.rejections < MAX_REJECTIONS || this.#inverseHessian.pairs.length === 0) return shortened;
    this.#inverseHessian.forget();
    return this.#searchFrom(search.origin);
  }

  /** A search along the quasi-Newton direction; where rounding has turned it uphill, along the gradient, without memory. */
  #searchFrom(origin: Origin): LineSearch {
    const direction = this.#inverseHessian.direction(origin.gradient);
    const slope = dot(origin.gradient, direction);
    const knowsCurvature = this.#inverseHessian.pairs.length > 0;
    if (knowsCurvature && !(slope < 0)) {
      this.#inverseHessian.forget();
      return this.#searchFrom(origin);
    }
    return new LineSearch(origin, direction, slope, this.#firstStride(largest(direction), knowsCurvature));
  }

  /** @param change The direction's largest change of a pixel value. */
  #firstStride(change: number, knowsCurvature: boolean): number {
    if (change === 0) return 0;
    const stride = knowsCurvature ? this.#learningRate : (this.#learningRate * FIRST_CHANGE) / change;
    return change * stride > LARGEST_CHANGE ? LARGEST_CHANGE / change : stride;
  }
}

function pairsOf({ arrays }: OptimizerState): CurvaturePair[] {
  const pairs: CurvaturePair[] = [];
  for (let i = 0; arrays[`step${i}`]; i++) pairs.push({ step: arrays[`step${i}`]!, change: arrays[`change${i}`]! });
  return pairs;
}

function searchOf({ numbers, arrays }: OptimizerState): LineSearch | null {
  const { pixels, gradient, direction } = arrays;
  if (!gradient) return null;
  const origin = { pixels: pixels!, loss: numbers["loss"]!, gradient };
  return new LineSearch(origin, direction!, numbers["slope"]!, numbers["stride"]!, numbers["rejections"]!);
}
