interface Observation {
  /** Operations of a step. */
  readonly flops: number;
  readonly seconds: number;
}

/** Seconds of a step: `overhead + flops * perFlop`. */
interface Line {
  readonly overhead: number;
  readonly perFlop: number;
}

/**
 * What a step takes on this machine by its operations, as steps have shown. A small picture's step is in part overhead that
 * a large one's has no more of, so that the rate of small ones alone would promise too little for large ones: beside the
 * rate an overhead is fitted, as soon as two sizes have been seen that differ.
 */
export class StepTime {
  /** The newest of each size, by the power of two below its operations. */
  readonly #newest = new Map<number, Observation>();
  #line: Line | null = null;

  observe(flops: number, seconds: number): void {
    this.#newest.set(Math.floor(Math.log2(flops)), { flops, seconds });
    this.#line = fit([...this.#newest.values()]);
  }

  /** Null before anything was observed. */
  seconds(flops: number): number | null {
    return this.#line && this.#line.overhead + flops * this.#line.perFlop;
  }

  forget(): void {
    this.#newest.clear();
    this.#line = null;
  }
}

/**
 * The line with the least squares of relative errors, so that each size weighs the same. The overhead is not negative, and
 * the operations take at least half of the largest step: steps that were slow by chance make no others seem to be free.
 */
function fit(observations: readonly Observation[]): Line {
  // (overhead·u + perFlop·v − 1)², with u = 1 / seconds and v = flops / seconds.
  let [u1, v1, uu, uv, vv] = [0, 0, 0, 0, 0];
  for (const { flops, seconds } of observations) {
    const [u, v] = [1 / seconds, flops / seconds];
    [u1, v1, uu, uv, vv] = [u1 + u, v1 + v, uu + u * u, uv + u * v, vv + v * v];
  }
  const proportional = { overhead: 0, perFlop: v1 / vv };
  if (observations.length < 2) return proportional;
  const largest = observations.reduce((a, b) => a.flops > b.flops ? a : b);
  const perFlop = Math.max(largest.seconds / largest.flops / 2, (v1 * uu - u1 * uv) / (uu * vv - uv * uv));
  const overhead = (u1 - perFlop * uv) / uu;
  return overhead > 0 ? { overhead, perFlop } : proportional;
}
