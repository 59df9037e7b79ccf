/**
 * What the optimiser needs from whatever computes the network.
 *
 * @module
 */
import type { Objective } from "./objective.ts";
import type { Pooling } from "./options.ts";
import type { Pixels, Size } from "./picture.ts";

/** Which engine computes, on what, and how exactly. */
export interface BackendInfo {
  /** `onnx` or `tensorflow`. */
  readonly backend: string;
  /** `cpu`, or the kind of GPU. */
  readonly device: string;
  /** `float32`, `tf32`, `float16`. */
  readonly precision: string;
  readonly version: string;
}

/** Loss and gradient at one point. */
export interface Evaluation {
  /** The mean of each term of the objective, unweighted. */
  readonly losses: Float64Array;
  /** Of Σ weight · loss with respect to the pixels: HWC, RGB. */
  readonly gradient: Float32Array;
}

/** An objective compiled for one size of picture. */
export interface Evaluator {
  /**
   * @param pixels The picture, `3 * width * height` values.
   * @param weights One for each term of the objective; they may differ from call to call.
   */
  evaluate(pixels: Pixels, weights: ArrayLike<number>): Promise<Evaluation>;
  dispose(): Promise<void>;
}

/**
 * What a term's loss compares with: for content the features of a picture, in the backend's own order, for style a
 * (channels × channels) Gram matrix.
 */
export type Target = Float32Array;

/** One of the devices that can compute. */
export interface Backend {
  readonly info: BackendInfo;
  /** Features of a picture at `layers`, in the backend's own order of values. */
  features(pixels: Pixels, size: Size, layers: readonly string[], pooling: Pooling): Promise<Map<string, Target>>;
  /** Gram matrices FᵀF / (H·W·C) of a picture at `layers`. */
  grams(pixels: Pixels, size: Size, layers: readonly string[], pooling: Pooling): Promise<Map<string, Target>>;
  /** Prepares the evaluation of `objective` against `targets`, one for each of its terms. */
  compile(objective: Objective, targets: readonly Target[]): Promise<Evaluator>;
  /**
   * Probabilities of ImageNet's classes by the whole network.
   *
   * @param pixels 224×224.
   * @throws {GramcastError} WEIGHTS_INCOMPLETE when the parameters lack a layer.
   */
  classify(pixels: Pixels): Promise<Float32Array>;
  close(): Promise<void>;
}
