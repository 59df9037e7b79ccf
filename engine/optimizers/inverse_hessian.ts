import { InitialInverseHessian, type Moments } from "./initial_inverse_hessian.ts";
import { addScaled, dot, scaled } from "./vectors.ts";

/** A pair whose curvature is smaller than this beside yᵀy is noise. */
const LEAST_CURVATURE = 1e-10;

/** A curvature pair: a step s of the pixels, and the change y of the gradient over it. */
export interface CurvaturePair {
  readonly step: Float32Array;
  readonly change: Float32Array;
}

/** A pair with what products with it need. */
interface KnownPair extends CurvaturePair {
  /** sᵀy, positive. */
  readonly curvature: number;
  readonly moments: Moments;
}

/** The inverse Hessian as L-BFGS knows it: the newest curvature pairs, on an initial matrix (Nocedal 1980). */
export class InverseHessian {
  readonly #history: number;
  readonly #initial: InitialInverseHessian;
  #pairs: readonly KnownPair[];

  /**
   * @param history Pairs that are remembered at most.
   * @param pairs Oldest first.
   */
  constructor(history: number, initial: InitialInverseHessian, pairs: readonly CurvaturePair[]) {
    this.#history = history;
    this.#initial = initial;
    this.#pairs = pairs.map((pair) => this.#know(pair));
  }

  /** Oldest first. */
  get pairs(): readonly CurvaturePair[] {
    return this.#pairs;
  }

  /** Remembers a pair if its curvature is positive, and forgets the oldest where there are too many. */
  remember(pair: CurvaturePair): void {
    const known = this.#know(pair);
    if (!(known.curvature > LEAST_CURVATURE * dot(pair.change, pair.change))) return;
    this.#pairs = [...this.#pairs, known].slice(-this.#history);
  }

  forget(): void {
    this.#pairs = [];
  }

  /** The quasi-Newton direction −H · gradient, by the two-loop recursion (Nocedal and Wright 2006, algorithm 7.4). */
  direction(gradient: Float32Array): Float32Array {
    const q = scaled(gradient, -1);
    const newestFirst = this.#pairs.toReversed().map((pair) => {
      const alpha = dot(pair.step, q) / pair.curvature;
      addScaled(q, pair.change, -alpha);
      return { pair, alpha };
    });
    const r = this.#initial.times(q, this.#pairs.map(({ moments }) => moments));
    for (const { pair, alpha } of newestFirst.reverse()) {
      const beta = dot(pair.change, r) / pair.curvature;
      addScaled(r, pair.step, alpha - beta);
    }
    return r;
  }

  #know({ step, change }: CurvaturePair): KnownPair {
    return { step, change, curvature: dot(step, change), moments: this.#initial.momentsOf(step, change) };
  }
}
