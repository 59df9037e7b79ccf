import type { Smoothing } from "./smoothing.ts";
import { scaleAndAdd } from "./vectors.ts";

/** What a curvature pair says of I and S, as dot products of s, y, and Sy. */
export interface Moments {
  readonly stepStep: number;
  readonly changeChange: number;
  readonly changeSmooth: number;
  readonly smoothSmooth: number;
  readonly stepChange: number;
  readonly stepSmooth: number;
}

/** At least so much of I beside S: S alone would leave the finest detail where it is. */
const LEAST_IDENTITY = 0.02;

/**
 * The matrix that L-BFGS' curvature pairs correct, a · I + b · S with a smoothing S: that which explains the pairs best,
 * min Σ ‖s − (a · I + b · S) y‖² / ‖s‖², with neither factor negative. How much large forms are to be preferred to single
 * pixels differs by filters, and so every transfer finds it out by itself. (The usual one is γ · I: Nocedal and Wright
 * 2006, section 7.2.)
 */
export class InitialInverseHessian {
  readonly #smooth: Smoothing;

  /** @param smooth A symmetric positive semidefinite map S; it is γ · I without. */
  constructor(smooth: Smoothing = (_gradient, into) => into.fill(0)) {
    this.#smooth = smooth;
  }

  /**
   * What a pair says, to be kept with it.
   *
   * @param smooth Room for S times the change.
   */
  momentsOf(step: Float32Array, change: Float32Array, smooth: Float32Array = new Float32Array(change.length)): Moments {
    this.#smooth(change, smooth);
    let [stepStep, changeChange, changeSmooth, smoothSmooth, stepChange, stepSmooth] = [0, 0, 0, 0, 0, 0];
    for (let i = 0; i < step.length; i++) {
      const s = step[i]!;
      const y = change[i]!;
      const z = smooth[i]!;
      stepStep += s * s;
      changeChange += y * y;
      changeSmooth += y * z;
      smoothSmooth += z * z;
      stepChange += s * y;
      stepSmooth += s * z;
    }
    return { stepStep, changeChange, changeSmooth, smoothSmooth, stepChange, stepSmooth };
  }

  /**
   * The product with a vector, in a fresh array.
   *
   * @param moments See `initialFactors()`.
   */
  times(vector: Float32Array, moments: readonly Moments[]): Float32Array {
    if (moments.length === 0) return vector.slice();
    const { identity, smooth } = initialFactors(moments);
    const result = new Float32Array(vector.length);
    if (smooth > 0) this.#smooth(vector, result);
    scaleAndAdd(result, smooth, vector, identity);
    return result;
  }
}

/**
 * The factors of I and S.
 *
 * @param moments Of the pairs that count, the newest last; the matrix is scaled to that one. I where there are none.
 */
export function initialFactors(moments: readonly Moments[]): { readonly identity: number; readonly smooth: number } {
  const newest = moments.at(-1);
  if (!newest) return { identity: 1, smooth: 0 };
  const [identity, smooth] = fit(moments);
  const scale = newest.stepChange / (identity * newest.changeChange + smooth * newest.changeSmooth);
  return { identity: scale * identity, smooth: scale * smooth };
}

/** The factors of I and S, up to a common scale. */
function fit(moments: readonly Moments[]): [identity: number, smooth: number] {
  const sum = (of: (each: Moments) => number) => moments.reduce((total, each) => total + of(each) / each.stepStep, 0);
  const changeSmooth = sum((each) => each.changeSmooth);
  const stepChange = sum((each) => each.stepChange);
  const stepSmooth = sum((each) => each.stepSmooth);
  const identity = stepChange * sum((each) => each.smoothSmooth) - stepSmooth * changeSmooth;
  const smooth = stepSmooth * sum((each) => each.changeChange) - stepChange * changeSmooth;
  if (!(smooth > 0)) return [1, 0];
  return [Math.max(identity, LEAST_IDENTITY * smooth), smooth];
}
