/**
 * An optimiser on the device that evaluates: the picture and what the optimiser remembers stay there, and a step moves a few
 * numbers.
 *
 * @module
 */
import type { PixelGoal } from "../objective/pixel_term.ts";
import type { OptimizerState } from "../optimizers/optimizer.ts";
import type { Pixels } from "../picture.ts";

/** What goes with a picture beside the objective's terms and total variation. */
export interface MovingExtras {
  readonly pixelGoals: readonly PixelGoal[];
  /** Of the pictures after each step; null where none is taken. */
  readonly average: {
    readonly decay: number;
    /** Of the steps before, not corrected for its bias. */
    readonly sum: Float32Array;
  } | null;
}

/** What a step gave, where it evaluated. */
export interface DeviceStep {
  /** The mean of each term of the objective, and then of each term of the pixels, unweighted. */
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
   * @param weights One for each term of the objective, and then one for each term of the pixels.
   */
  step(weights: ArrayLike<number>, tvWeight: number, learningRate: number): Promise<DeviceStep>;
  /**
   * Takes up to `most` steps before it looks at what they gave; left out where a step needs what the one before it gave. They
   * are the same as one at a time. After one that is not finite there is none.
   *
   * @returns What each step gave, of one at least.
   */
  steps?(most: number, weights: ArrayLike<number>, tvWeight: number, learningRate: number): Promise<DeviceStep[]>;
  /** See `Optimizer`; left out where nothing changes by that. */
  objectiveChanged?(): void;
  /** The picture, moved here. */
  pixels(): Promise<Pixels>;
  /**
   * The picture as it is shown, moved here in bytes: rounded and clamped as `toPicture()` does. Left out where that is done
   * here.
   *
   * @param correction What the sum of the pictures' average is multiplied with to be shown; null shows the picture.
   */
  bytes?(correction: number | null): Promise<Uint8Array<ArrayBuffer>>;
  /** The sum of the pictures' average, moved here; left out where none can be taken. */
  average?(): Promise<Float32Array>;
  /** All of the optimiser's state, moved here. */
  state(): Promise<OptimizerState>;
  dispose(): void;
}
