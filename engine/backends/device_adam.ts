/**
 * Adam on the device that evaluates: the picture and both moments stay there, and a step moves a few numbers.
 *
 * @module
 */
import type { OptimizerState } from "../optimizers/optimizer.ts";
import type { Pixels } from "../picture.ts";

/** What a step gave, at the picture before it. */
export interface DeviceStep {
  /** The mean of each term of the objective, unweighted. */
  readonly losses: Float64Array;
  /** Total variation, unweighted, as `addTotalVariation()` has it. */
  readonly tv: number;
  /** Whether the gradient is; where it or a loss is not, the picture has not moved. */
  readonly finite: boolean;
}

/** A picture that moves on the device. Its methods are called one at a time. */
export interface DeviceAdam {
  /**
   * Takes one step.
   *
   * @param weights One for each term of the objective.
   */
  step(weights: ArrayLike<number>, tvWeight: number, learningRate: number): Promise<DeviceStep>;
  /** The picture, moved here. */
  pixels(): Promise<Pixels>;
  /** All of Adam's state, moved here. */
  state(): Promise<OptimizerState>;
  dispose(): void;
}
