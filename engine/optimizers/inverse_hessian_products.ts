import { initialFactors, type Moments } from "./initial_inverse_hessian.ts";
import { isCurved } from "./inverse_hessian.ts";

/** The vectors of a curvature pair: its step s, its change y, and the smoothed change Sy, see `InitialInverseHessian`. */
export interface OfPair<T> {
  readonly step: T;
  readonly change: T;
  readonly smooth: T;
}

/** Dot products of an evaluation's gradient g, and of the pair that leads there, with each other and with older pairs. */
export interface Products {
  /** g·g. */
  readonly square: number;
  /** g·Sg. */
  readonly smooth: number;
  /** The new pair's. */
  readonly moments: Moments;
  /** g with the new pair. */
  readonly gradient: OfPair<number>;
  /** By slot: y of the new pair, and g, with the pair there. */
  readonly slots: readonly { readonly change: OfPair<number>; readonly gradient: OfPair<number> }[];
}

/** A vector as a sum of the gradient, the smoothed gradient and the vectors of all slots. */
export interface Combination {
  readonly gradient: number;
  readonly smoothGradient: number;
  /** By slot; 0 where there is no pair. */
  readonly slots: readonly OfPair<number>[];
}

/** A pair in a slot. */
interface KnownPair {
  readonly slot: number;
  readonly moments: Moments;
  /** By slot, of the pairs that are older: y with their vectors. */
  readonly older: readonly OfPair<number>[];
}

const NOTHING: OfPair<number> = { step: 0, change: 0, smooth: 0 };

/**
 * `InverseHessian` for vectors that lie elsewhere: it knows their dot products alone, and gives directions as sums of them
 * (Chen, Wang and Zhou 2014, "Large-scale L-BFGS using MapReduce"). Pairs lie in numbered slots.
 */
export class InverseHessianProducts {
  readonly #history: number;
  /** Oldest first. */
  #pairs: readonly KnownPair[] = [];
  #square = 0;
  #smooth = 0;
  /** By slot: the gradient with the vectors there. */
  #gradient: readonly OfPair<number>[];

  /** @param history Slots. */
  constructor(history: number) {
    this.#history = history;
    this.#gradient = Array.from({ length: history }, () => NOTHING);
  }

  /** Slots of the pairs that are remembered, the oldest first. */
  get slots(): readonly number[] {
    return this.#pairs.map(({ slot }) => slot);
  }

  /** Takes the gradient of an evaluation, from which directions start. */
  arrive({ square, smooth, slots }: Products): void {
    this.#square = square;
    this.#smooth = smooth;
    this.#gradient = slots.map(({ gradient }) => gradient);
  }

  /**
   * Remembers the pair of the evaluation that has arrived if its curvature is positive, and forgets the oldest where there
   * are too many.
   *
   * @returns The slot that its vectors belong in; null where it is not worth one.
   */
  remember({ moments, gradient, slots }: Products): number | null {
    if (!isCurved(moments)) return null;
    const kept = this.#pairs.slice(Math.max(0, this.#pairs.length + 1 - this.#history));
    const slot = Array.from({ length: this.#history }, (_, i) => i).find((i) => kept.every((pair) => pair.slot !== i))!;
    this.#pairs = [...kept, { slot, moments, older: slots.map(({ change }) => change) }];
    this.#gradient = this.#gradient.map((each, i) => i === slot ? gradient : each);
    return slot;
  }

  forget(): void {
    this.#pairs = [];
  }

  /** The quasi-Newton direction, and its dot product with the gradient. */
  direction(): { readonly direction: Combination; readonly slope: number } {
    const alphas = new Map<KnownPair, number>();
    for (const pair of this.#pairs.toReversed()) {
      let product = -this.#gradient[pair.slot]!.step;
      for (const [newer, alpha] of alphas) product -= alpha * newer.older[pair.slot]!.step;
      alphas.set(pair, product / pair.moments.stepChange);
    }
    const { identity, smooth } = initialFactors(this.#pairs.map(({ moments }) => moments));
    const slots = Array.from({ length: this.#history }, () => NOTHING);
    for (const [{ slot }, alpha] of alphas) {
      slots[slot] = { step: 0, change: -identity * alpha, smooth: -smooth * alpha };
    }
    const direction = { gradient: -identity, smoothGradient: -smooth, slots };
    for (const pair of this.#pairs) {
      const beta = this.#changeTimes(pair, direction) / pair.moments.stepChange;
      slots[pair.slot] = { ...slots[pair.slot]!, step: alphas.get(pair)! - beta };
    }
    return { direction, slope: this.#gradientTimes(direction) };
  }

  /** A pair's y with a sum in which no newer pair's step is, S being symmetric. */
  #changeTimes(pair: KnownPair, { gradient, smoothGradient, slots }: Combination): number {
    const own = this.#gradient[pair.slot]!;
    let sum = gradient * own.change + smoothGradient * own.smooth;
    const age = this.#pairs.indexOf(pair);
    const { changeChange, changeSmooth } = pair.moments;
    this.#pairs.forEach((other, i) => {
      const products = i < age
        ? pair.older[other.slot]!
        : i > age
        ? other.older[pair.slot]!
        : { change: changeChange, smooth: changeSmooth };
      const factors = slots[other.slot]!;
      if (i < age) sum += factors.step * pair.older[other.slot]!.step;
      sum += factors.change * products.change + factors.smooth * products.smooth;
    });
    return sum;
  }

  #gradientTimes({ gradient, smoothGradient, slots }: Combination): number {
    let sum = gradient * this.#square + smoothGradient * this.#smooth;
    for (const { slot } of this.#pairs) {
      const [factors, products] = [slots[slot]!, this.#gradient[slot]!];
      sum += factors.step * products.step + factors.change * products.change + factors.smooth * products.smooth;
    }
    return sum;
  }
}
