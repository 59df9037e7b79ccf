/**
 * An optimiser on the device that evaluates: the picture and what the optimiser remembers stay there, and a step moves a few
 * numbers.
 *
 * @module
 */
import type { OptimizerState } from "../optimizers/optimizer.ts";
import type { Pixels } from "../picture.ts";

/** What a step gave, where it evaluated. */
export interface DeviceStep {
  /** The mean of each term of the objective, unweighted. */
  readonly losses: Float64Array;
  /** Total variation, unweighted, as `addTotalVariation()` has it. */
  readonly tv: number;
  /**
   * Whether the gradient is, or the optimiser has stepped back from where it is not; where it is not and could not, the
   * picture has not moved.
   */
  readonly finite: boolean;
  /** See `Verdict`; left out, it is true. */
  readonly accepted?: boolean;
}

/** A picture that moves on the device. Its methods are called one at a time. */
export interface DeviceOptimizer {
  /**
   * Takes one step.
   *
   * @param weights One for each term of the objective.
   */
  step(weights: ArrayLike<number>, tvWeight: number, learningRate: number): Promise<DeviceStep>;
  /** See `Optimizer`; left out where nothing changes by that. */
  objectiveChanged?(): void;
  /** The picture, moved here. */
  pixels(): Promise<Pixels>;
  /** All of the optimiser's state, moved here. */
  state(): Promise<OptimizerState>;
  dispose(): void;
}
