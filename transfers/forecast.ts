import { checkMemory } from "../engine/check_memory.ts";
import type { Cost } from "../engine/estimate.ts";
import type { TransferOptions } from "../engine/options.ts";
import type { CostEstimate } from "./api.ts";
import { hasEnded, type TransferRecord } from "./types.ts";

/** What options cost within some memory: `estimateCost()` of `engine/estimate.ts`, if it is not a test's. */
export type CostModel = (options: TransferOptions, memoryBytes: number) => Cost;

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
    const { memoryBytes, flops, scales } = this.#cost(options, this.#memoryBytes);
    const seconds = (flops: number) => this.#rate === null ? null : flops / this.#rate;
    return {
      seconds: seconds(flops),
      memoryBytes,
      flopsPerStep: scales.at(-1)!.flopsPerStep,
      steps: options.steps,
      fits: memoryBytes <= this.#memoryBytes,
      scales: scales.map((scale) => ({ ...scale, seconds: seconds(scale.steps * scale.flopsPerStep) })),
    };
  }

  /** @throws {GramcastError} TOO_LARGE with the numbers and the largest size that would fit. */
  refuseTooLarge(options: TransferOptions): void {
    checkMemory(options, this.#memoryBytes, this.#cost);
  }

  /** Seconds that a transfer still runs, its wait not included; null when unknown or ended. */
  remaining(record: TransferRecord): number | null {
    if (hasEnded(record.status)) return null;
    const rate = this.#rateOf(record) ?? this.#rate;
    if (rate === null) return null;
    let first = 0;
    let flops = 0;
    for (const { steps, flopsPerStep } of this.#cost(record.options, this.#memoryBytes).scales) {
      flops += Math.min(steps, Math.max(0, first + steps - record.step)) * flopsPerStep;
      first += steps;
    }
    return flops / rate;
  }

  #rateOf({ options, step, secondsPerStep }: TransferRecord): number | null {
    if (secondsPerStep === null || secondsPerStep <= 0 || step < 1) return null;
    const { scales } = this.#cost(options, this.#memoryBytes);
    let last = 0;
    const scale = scales.find(({ steps }) => step <= (last += steps)) ?? scales.at(-1)!;
    return scale.flopsPerStep / secondsPerStep;
  }
}
