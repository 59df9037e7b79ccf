import type { OptimizerOptions } from "../options/options.ts";
import type { Pixels, Size } from "../picture.ts";
import type { Optimizer, OptimizerState, Point, Verdict } from "./optimizer.ts";
import { FirstGuess, type Moments } from "./first_guess.ts";
import { addScaled, dot, largest } from "./vectors.ts";

/** Armijo's constant: the part of the predicted decrease that a step has to bring. */
const SUFFICIENT_DECREASE = 1e-4;
/** Largest change of any pixel value in the very first step, which knows nothing of the curvature. */
const FIRST_CHANGE = 4;
/** Largest change of any pixel value in one step: a picture has a range of 255. */
const LARGEST_CHANGE = 64;
/** After so many rejections in a row the memory is wrong, and the search begins again along the gradient. */
const MAX_REJECTIONS = 8;

/** What an accepted step has shown of the curvature. */
interface Pair {
  /** Of the pixels, and how the gradient changed over it. */
  readonly step: Float32Array;
  readonly change: Float32Array;
  /** Their dot product. */
  readonly curvature: number;
  readonly moments: Moments;
}

/**
 * L-BFGS (Nocedal 1980) with a backtracking line search. Every evaluation is one step: a point that does not decrease
 * the loss enough is rejected, and the next one lies nearer to the picture. So a step never makes the picture worse,
 * however badly scaled the loss is, and it never stops by itself.
 */
export class Lbfgs implements Optimizer {
  readonly #history: number;
  readonly #firstGuess: FirstGuess;
  #learningRate: number;
  #pixels: Pixels;
  #query: Pixels;
  /** Loss and gradient at `pixels`; NaN and null before the first evaluation, or when the loss has changed. */
  #loss: number;
  #gradient: Float32Array | null;
  #direction: Float32Array | null;
  #slope: number;
  #stride: number;
  #rejections: number;
  /** Oldest first. */
  readonly #pairs: Pair[] = [];

  /** @param firstGuess Of the inverse Hessian. */
  constructor(options: OptimizerOptions, { numbers, arrays }: OptimizerState, firstGuess = new FirstGuess()) {
    this.#history = options.history;
    this.#firstGuess = firstGuess;
    this.#learningRate = options.learningRate;
    this.#pixels = arrays["pixels"]!;
    this.#query = arrays["query"] ?? this.#pixels;
    this.#gradient = arrays["gradient"] ?? null;
    this.#direction = arrays["direction"] ?? null;
    this.#loss = numbers["loss"] ?? NaN;
    this.#slope = numbers["slope"] ?? 0;
    this.#stride = numbers["stride"] ?? 0;
    this.#rejections = numbers["rejections"] ?? 0;
    for (let i = 0; arrays[`step${i}`]; i++) this.#pairs.push(this.#pair(arrays[`step${i}`]!, arrays[`change${i}`]!));
  }

  get query(): Pixels {
    return this.#query;
  }

  get pixels(): Pixels {
    return this.#pixels;
  }

  get canStepBack(): boolean {
    return this.#gradient !== null;
  }

  advance(point: Point): Verdict {
    const first = this.#gradient === null;
    if (!first && !this.#decreasesEnough(point.loss)) {
      this.#reject(point.loss);
      return { accepted: false };
    }
    if (!first) this.#remember(point.gradient);
    this.#pixels = this.#query;
    this.#loss = point.loss;
    this.#gradient = point.gradient;
    this.#rejections = 0;
    this.#chooseDirection();
    return { accepted: true };
  }

  objectiveChanged(): void {
    this.#forget();
    this.#gradient = null;
    this.#direction = null;
    this.#query = this.#pixels;
  }

  setLearningRate(learningRate: number): void {
    this.#learningRate = learningRate;
  }

  state(): OptimizerState {
    const arrays: Record<string, Float32Array> = { pixels: this.#pixels };
    if (this.#query !== this.#pixels) arrays["query"] = this.#query;
    if (this.#gradient) arrays["gradient"] = this.#gradient;
    if (this.#direction) arrays["direction"] = this.#direction;
    this.#pairs.forEach(({ step, change }, i) => {
      arrays[`step${i}`] = step;
      arrays[`change${i}`] = change;
    });
    const numbers: Record<string, number> = {
      slope: this.#slope,
      stride: this.#stride,
      rejections: this.#rejections,
    };
    if (this.#gradient) numbers["loss"] = this.#loss;
    return { numbers, arrays };
  }

  /** Curvature at one size says little about that at another: a scale begins without memory. */
  rescaled(_from: Size, _to: Size, pixels: Pixels): OptimizerState {
    return { numbers: {}, arrays: { pixels } };
  }

  #decreasesEnough(loss: number): boolean {
    return loss <= this.#loss + SUFFICIENT_DECREASE * this.#stride * this.#slope;
  }

  /** Keeps what the accepted step has shown of the curvature, where it was positive. */
  #remember(gradient: Float32Array): void {
    const step = difference(this.#query, this.#pixels);
    const change = difference(gradient, this.#gradient!);
    const pair = this.#pair(step, change);
    if (!(pair.curvature > 1e-10 * dot(change, change))) return;
    this.#pairs.push(pair);
    if (this.#pairs.length > this.#history) this.#pairs.shift();
  }

  #pair(step: Float32Array, change: Float32Array): Pair {
    return { step, change, curvature: dot(step, change), moments: this.#firstGuess.observe(step, change) };
  }

  /** A new direction by the two-loop recursion, and the first stride along it. */
  #chooseDirection(): void {
    let direction: Float32Array = this.#gradient!.map((g) => -g);
    const alphas = this.#pairs.map(() => 0);
    for (const [i, { step, change, curvature }] of [...this.#pairs.entries()].reverse()) {
      alphas[i] = dot(step, direction) / curvature;
      addScaled(direction, change, -alphas[i]!);
    }
    direction = this.#firstGuess.apply(direction, this.#pairs.map(({ moments }) => moments));
    for (const [i, { step, change, curvature }] of this.#pairs.entries()) {
      addScaled(direction, step, alphas[i]! - dot(change, direction) / curvature);
    }
    const slope = dot(this.#gradient!, direction);
    if (this.#pairs.length > 0 && !(slope < 0)) {
      // Rounding has turned it uphill: begin again along the gradient.
      this.#forget();
      return this.#chooseDirection();
    }
    this.#direction = direction;
    this.#slope = slope;
    const change = largest(direction);
    const stride = this.#pairs.length > 0
      ? this.#learningRate
      : change > 0
      ? (this.#learningRate * FIRST_CHANGE) / change
      : 0;
    this.#stride = change * stride > LARGEST_CHANGE ? LARGEST_CHANGE / change : stride;
    this.#moveQuery();
  }

  /** Steps back along the direction to where a parabola through what is known has its minimum, within bounds. */
  #reject(loss: number): void {
    this.#rejections++;
    if (this.#rejections >= MAX_REJECTIONS && this.#pairs.length > 0) {
      this.#forget();
      this.#rejections = 0;
      return this.#chooseDirection();
    }
    const predicted = this.#slope * this.#stride;
    const minimum = -predicted / (2 * (loss - this.#loss - predicted));
    this.#stride *= Number.isFinite(minimum) ? Math.min(0.5, Math.max(0.1, minimum)) : 0.1;
    this.#moveQuery();
  }

  #moveQuery(): void {
    const query = this.#pixels.slice();
    addScaled(query, this.#direction!, this.#stride);
    this.#query = query;
  }

  #forget(): void {
    this.#pairs.length = 0;
  }
}

function difference(a: Float32Array, b: Float32Array): Float32Array {
  const result = new Float32Array(a.length);
  for (let i = 0; i < a.length; i++) result[i] = a[i]! - b[i]!;
  return result;
}
