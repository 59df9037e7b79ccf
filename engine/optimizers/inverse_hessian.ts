import { InitialInverseHessian, type Moments } from "./initial_inverse_hessian.ts";
import { addCombination, dots } from "./vectors.ts";

/** A pair whose curvature is smaller than this beside yᵀy is noise. */
const LEAST_CURVATURE = 1e-10;

/** Whether the pair of these products is worth remembering. */
export function isCurved({ stepChange, changeChange }: Moments): boolean {
  return stepChange > LEAST_CURVATURE * changeChange;
}

/** A curvature pair: a step s of the pixels, and the change y of the gradient over it. */
export interface CurvaturePair {
  readonly step: Float32Array;
  readonly change: Float32Array;
}

/** A pair with what products with it need. */
interface KnownPair extends CurvaturePair {
  /** Among them sᵀy, positive. */
  readonly moments: Moments;
  /** The dot products of its change with the steps before it, the latest first. */
  readonly changeSteps: readonly number[];
}

/** The inverse Hessian as L-BFGS knows it: the newest curvature pairs, on an initial matrix (Nocedal 1980). */
export class InverseHessian {
  readonly #history: number;
  readonly #initial: InitialInverseHessian;
  #pairs: readonly KnownPair[] = [];
  /** Room for what is looked at and not kept. */
  #room = new Float32Array(0);

  /**
   * @param history Pairs that are remembered at most.
   * @param pairs Oldest first.
   */
  constructor(history: number, initial: InitialInverseHessian, pairs: readonly CurvaturePair[]) {
    this.#history = history;
    this.#initial = initial;
    for (const pair of pairs) this.#pairs = [...this.#pairs, this.#know(pair)];
  }

  /** Oldest first. */
  get pairs(): readonly CurvaturePair[] {
    return this.#pairs;
  }

  /** Remembers a pair if its curvature is positive, and forgets the oldest where there are too many. */
  remember(pair: CurvaturePair): void {
    const known = this.#know(pair);
    if (!isCurved(known.moments)) return;
    this.#pairs = [...this.#pairs, known].slice(-this.#history);
  }

  forget(): void {
    this.#pairs = [];
  }

  /**
   * The quasi-Newton direction −H · gradient, by the two-loop recursion (Nocedal and Wright 2006, algorithm 7.4). Both loops
   * are numbers alone, by way of the dot products between the pairs (Chen, Wang and Zhou 2014); so the pairs are read all
   * at once, four times.
   */
  direction(gradient: Float32Array): Float32Array {
    const pairs = this.#pairs;
    const steps = pairs.map(({ step }) => step);
    const changes = pairs.map(({ change }) => change);
    const stepsGradient = dots(steps, gradient);
    const alphas = new Float64Array(pairs.length);
    for (let i = pairs.length - 1; i >= 0; i--) {
      let stepQ = -stepsGradient[i]!;
      for (let later = i + 1; later < pairs.length; later++) stepQ -= alphas[later]! * this.#changeStep(later, i);
      alphas[i] = stepQ / pairs[i]!.moments.stepChange;
    }
    const q = this.#roomFor(gradient).fill(0);
    addCombination(q, [gradient, ...changes], [-1, ...alphas.map((alpha) => -alpha)]);
    const r = this.#initial.times(q, pairs.map(({ moments }) => moments));
    const changesR = dots(changes, r);
    const factors = new Float64Array(pairs.length);
    for (let i = 0; i < pairs.length; i++) {
      let changeR = changesR[i]!;
      for (let earlier = 0; earlier < i; earlier++) changeR += factors[earlier]! * this.#changeStep(i, earlier);
      factors[i] = alphas[i]! - changeR / pairs[i]!.moments.stepChange;
    }
    addCombination(r, steps, factors);
    return r;
  }

  /** The dot product of a pair's change with the step of an earlier one. */
  #changeStep(of: number, earlier: number): number {
    return this.#pairs[of]!.changeSteps[of - 1 - earlier]!;
  }

  /** A pair with its dot products with those that are remembered. */
  #know({ step, change }: CurvaturePair): KnownPair {
    const before = this.#pairs.map((pair) => pair.step);
    const changeSteps = [...dots(before, change)].reverse();
    return { step, change, moments: this.#initial.momentsOf(step, change, this.#roomFor(change)), changeSteps };
  }

  #roomFor({ length }: Float32Array): Float32Array {
    if (this.#room.length !== length) this.#room = new Float32Array(length);
    return this.#room;
  }
}
