import type { Pixels, Size } from "../picture.ts";

/** Loss and gradient at the point that an optimiser asked for. */
export interface Point {
  /** Σ weight · loss; may be infinite or NaN, which an optimiser with a line search can step back from. */
  readonly loss: number;
  readonly gradient: Float32Array;
}

/** What an optimiser made of an evaluation. */
export interface Verdict {
  /** Whether the losses just evaluated are the picture's: false when a line search rejected the point. */
  readonly accepted: boolean;
}

/** An optimiser's memory as named arrays and numbers: all that is needed to go on to the byte. */
export interface OptimizerState {
  readonly numbers: Readonly<Record<string, number>>;
  readonly arrays: Readonly<Record<string, Float32Array>>;
}

/** Moves a picture towards a lower loss, one evaluation at a time. */
export interface Optimizer {
  /** Where the loss is to be evaluated next. */
  readonly query: Pixels;
  /** The picture so far. */
  readonly pixels: Pixels;
  /** Whether `query` is a trial from which the optimiser can return when its loss is too high or not finite. */
  readonly canStepBack: boolean;
  /** Takes the evaluation at `query` and moves on. */
  advance(point: Point): Verdict;
  /** The loss has changed its weights: what was learned from its values no longer holds. */
  objectiveChanged(): void;
  setLearningRate(learningRate: number): void;
  state(): OptimizerState;
  /** The state with which an optimiser of this kind begins at another scale. `pixels` are already of that scale. */
  rescaled(from: Size, to: Size, pixels: Pixels): OptimizerState;
}
