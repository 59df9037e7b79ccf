import type { Scale, TransferOptions } from "../engine/options.ts";
import { fitLongestSide } from "../engine/picture.ts";
import { MIN_SIZE } from "../engine/resolve_options.ts";
import { GramcastError } from "../errors.ts";
import type { CostEstimate } from "./api.ts";
import { hasEnded, type TransferRecord } from "./types.ts";

/** What options cost, as `engine/estimate.ts` computes it. */
export type CostModel = (options: TransferOptions) => {
  /** Mean over the steps of all scales. */
  readonly flopsPerStep: number;
  /** At the peak, in the largest scale. */
  readonly memoryBytes: number;
  /** Over all steps. */
  readonly flops: number;
};

/** Tells what transfers will take, from the cost model and the rate that this machine has shown. */
export class Forecast {
  readonly #cost: CostModel;
  readonly #memoryBytes: number;
  /** Operations in a second, as last measured. */
  #rate: number | null = null;

  /** @param memoryBytes Ceiling of one engine process. */
  constructor(cost: CostModel, memoryBytes: number) {
    this.#cost = cost;
    this.#memoryBytes = memoryBytes;
  }

  /** Learns this machine's rate from a transfer that has run. */
  observe(record: TransferRecord): void {
    this.#rate = this.#rateOf(record) ?? this.#rate;
  }

  estimate(options: TransferOptions): CostEstimate {
    const { flopsPerStep, memoryBytes, flops } = this.#cost(options);
    return {
      seconds: this.#rate === null ? null : flops / this.#rate,
      memoryBytes,
      flopsPerStep,
      steps: options.steps,
      fits: memoryBytes <= this.#memoryBytes,
    };
  }

  /** @throws {GramcastError} TOO_LARGE with the numbers and the largest size that would fit. */
  refuseTooLarge(options: TransferOptions): void {
    const { memoryBytes, fits } = this.estimate(options);
    if (fits) return;
    let low = MIN_SIZE - 1;
    let high = Math.max(options.width, options.height);
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.#cost(resized(options, middle)).memoryBytes <= this.#memoryBytes) low = middle;
      else high = middle;
    }
    const advice = low < MIN_SIZE ? "no size would fit" : `the largest size that fits is ${low}`;
    throw new GramcastError(
      "TOO_LARGE",
      `Cannot start the transfer: ${options.width}×${options.height} takes about ${mebibytes(memoryBytes)} MiB, ` +
        `wanted at most ${mebibytes(this.#memoryBytes)} MiB: ${advice}`,
      { field: "size" },
    );
  }

  /** Seconds that a transfer still runs, its wait not included; null when unknown or ended. */
  remaining(record: TransferRecord): number | null {
    if (hasEnded(record.status)) return null;
    const rate = this.#rateOf(record) ?? this.#rate;
    if (rate === null) return null;
    let first = 0;
    let flops = 0;
    for (const scale of record.options.scales) {
      const left = Math.min(scale.steps, Math.max(0, first + scale.steps - record.step));
      if (left > 0) flops += left * this.#cost(atScale(record.options, scale)).flopsPerStep;
      first += scale.steps;
    }
    return flops / rate;
  }

  #rateOf({ options, step, secondsPerStep }: TransferRecord): number | null {
    if (secondsPerStep === null || secondsPerStep <= 0 || step < 1) return null;
    let last = 0;
    const scale = options.scales.find(({ steps }) => step <= (last += steps)) ?? options.scales.at(-1)!;
    return this.#cost(atScale(options, scale)).flopsPerStep / secondsPerStep;
  }
}

/** Options that have one scale alone. */
function atScale(options: TransferOptions, scale: Scale): TransferOptions {
  return { ...options, scales: [scale], steps: scale.steps, width: scale.width, height: scale.height };
}

/** Options for another longest side, the coarser scales in proportion. */
function resized(options: TransferOptions, longest: number): TransferOptions {
  const factor = longest / options.scales.at(-1)!.size;
  const scales = options.scales.map((scale) => {
    const size = Math.max(1, Math.round(scale.size * factor));
    return { ...scale, size, ...fitLongestSide(scale, size) };
  });
  const { width, height } = scales.at(-1)!;
  return { ...options, scales, width, height };
}

function mebibytes(bytes: number): number {
  return Math.ceil(bytes / 2 ** 20);
}
