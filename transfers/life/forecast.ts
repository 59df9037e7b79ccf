import { checkMemory } from "../../engine/estimate/check_memory.ts";
import type { Cost, CostModel, ScaleCost } from "../../engine/estimate/estimate.ts";
import { neededLayers } from "../../engine/options/needed_layers.ts";
import type { TransferOptions } from "../../engine/options/options.ts";
import { framesIn, scalesInAll, stepsInAll } from "../../engine/options/moving_schedule.ts";
import { stepsTaken } from "../../engine/descent/work_done.ts";
import { atLargestStyle } from "../../engine/options/style_side.ts";
import type { CostEstimate } from "../api.ts";
import type { QueueEntry } from "../storage/ports.ts";
import { StepTime } from "./step_time.ts";
import { hasEnded, type TransferRecord } from "../types.ts";

/** What a transfer's cost depends on. */
type Asked = Pick<TransferRecord, "options" | "styles">;

/** Tells what transfers will take, from the cost model and what steps have taken on this machine. */
export class Forecast {
  readonly #cost: CostModel;
  /** Of options that have been asked for: a page of transfers asks often. */
  readonly #costs = new WeakMap<TransferOptions, { readonly cost: Cost; readonly memoryBytes: number }>();
  readonly #memoryBytes: () => number;
  readonly #stepTime = new StepTime();
  /** Engine and device that it knows the time of. */
  #engine = "";

  /** @param memoryBytes Ceiling of the engine process that may take most. */
  constructor(cost: CostModel, memoryBytes: () => number) {
    this.#cost = cost;
    this.#memoryBytes = memoryBytes;
  }

  /** Learns from a transfer that has run. What another engine took is forgotten. */
  observe(record: TransferRecord): void {
    const own = this.#present(record);
    if (own === null) return;
    const engine = JSON.stringify(record.engine);
    if (engine !== this.#engine) this.#stepTime.forget();
    this.#engine = engine;
    this.#stepTime.observe(own.flops, own.seconds);
  }

  estimate(asked: Asked): CostEstimate {
    const { memoryBytes, scales } = this.#costOf(asked);
    const price = (scale: ScaleCost) => {
      const seconds = this.#stepTime.seconds(scale.flopsPerStep);
      return { ...scale, seconds: seconds === null ? null : scale.steps * seconds };
    };
    const frames = this.#scalesInAll(asked).map(price);
    return {
      seconds: frames.reduce(
        (sum: number | null, { seconds }) => sum === null || seconds === null ? null : sum + seconds,
        0,
      ),
      memoryBytes,
      flopsPerStep: scales.at(-1)!.flopsPerStep,
      steps: stepsInAll(asked.options),
      contentFrames: framesIn(asked.options),
      fits: memoryBytes <= this.#memoryBytes(),
      scales: scales.map(price),
    };
  }

  /** What a worker has to have for a transfer. */
  needs(asked: Asked): QueueEntry["needs"] {
    return { memoryBytes: this.#costOf(asked).memoryBytes, layers: neededLayers(asked.options) };
  }

  /** @throws {GramcastError} TOO_LARGE with the numbers and the largest size that would fit. */
  refuseTooLarge({ options, styles }: Asked): void {
    checkMemory(atLargestStyle(options, styles), this.#memoryBytes(), this.#cost);
  }

  /**
   * Seconds that a transfer still runs, its wait not included; null when unknown or ended. Where it runs, its own steps
   * tell how much faster or slower it is than others.
   */
  remaining(record: TransferRecord): number | null {
    if (hasEnded(record.status)) return null;
    const own = this.#present(record);
    const usual = own === null ? null : this.#stepTime.seconds(own.flops);
    const scales = this.#scalesInAll(record);
    const taken = stepsTaken(scales, record.step);
    let sum = 0;
    for (const [i, { steps, flopsPerStep }] of scales.entries()) {
      // Before anything is known of this machine, its own steps alone: in proportion to their operations.
      const seconds = this.#stepTime.seconds(flopsPerStep) ?? (own && own.seconds * flopsPerStep / own.flops);
      if (seconds === null) return null;
      sum += (steps - taken[i]!) * seconds * (own === null || usual === null ? 1 : own.seconds / usual);
    }
    return sum;
  }

  /** What a step takes in the scale that a transfer is in; null before its first. */
  #present(record: TransferRecord): { flops: number; seconds: number } | null {
    const { step, secondsPerStep } = record;
    if (secondsPerStep === null || secondsPerStep <= 0 || step < 1) return null;
    const scales = this.#scalesInAll(record);
    let last = 0;
    const scale = scales.find(({ steps }) => step <= (last += steps)) ?? scales.at(-1)!;
    return { flops: scale.flopsPerStep, seconds: secondsPerStep };
  }

  /** Every scale of every frame; those of later frames are like the last of the first. */
  #scalesInAll(asked: Asked): readonly ScaleCost[] {
    const { scales } = this.#costOf(asked);
    return scalesInAll(asked.options).map((scale, i) => ({ ...(scales[i] ?? scales.at(-1)!), steps: scale.steps }));
  }

  #costOf({ options, styles }: Asked): Cost {
    const memoryBytes = this.#memoryBytes();
    const known = this.#costs.get(options);
    if (known?.memoryBytes === memoryBytes) return known.cost;
    const cost = this.#cost(atLargestStyle(options, styles), memoryBytes);
    this.#costs.set(options, { cost, memoryBytes });
    return cost;
  }
}
