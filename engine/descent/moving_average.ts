import type { Pixels } from "../picture.ts";

/** The moving average of an optimisation's pictures in one scale. */
export class MovingAverage {
  readonly decay: number;
  #sum: Float32Array;
  #steps: number;

  /**
   * @param decay 0 to 1.
   * @param sum Not yet corrected for its bias; 0 before the first step.
   * @param steps That `sum` holds.
   */
  constructor(decay: number, sum: Float32Array, steps = 0) {
    this.decay = decay;
    this.#sum = sum;
    this.#steps = steps;
  }

  /** Not yet corrected for its bias. */
  get sum(): Float32Array {
    return this.#sum;
  }

  get steps(): number {
    return this.#steps;
  }

  /** The average, corrected for its bias towards 0; null before the first step. */
  get pixels(): Pixels | null {
    if (this.#steps === 0) return null;
    const correction = this.correction(this.#steps);
    return this.#sum.map((sum) => sum * correction);
  }

  /** What the sum of so many steps, one at least, is multiplied with; a float32, because devices do that too. */
  correction(steps: number): number {
    return Math.fround(1 / (1 - this.decay ** steps));
  }

  add(pixels: Pixels): void {
    const [sum, decay] = [this.#sum, this.decay];
    for (let i = 0; i < pixels.length; i++) sum[i] = decay * sum[i]! + (1 - decay) * pixels[i]!;
    this.#steps++;
  }

  /** Takes the sum over from where further steps were added to it. */
  take(sum: Float32Array, steps: number): void {
    this.#sum = sum;
    this.#steps = steps;
  }
}
