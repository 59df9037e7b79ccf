/**
 * What the optimiser needs from whatever computes the network.
 *
 * @module
 */
import type { DeviceOptimizer, MovingExtras } from "./device_optimizer.ts";
import type { Mask, Objective } from "../objective/objective.ts";
import type { Places } from "../objective/neighbors.ts";
import type { OptimizerOptions, Pooling } from "../options/options.ts";
import type { OptimizerState } from "../optimizers/optimizer.ts";
import type { Pixels, Size } from "../picture.ts";

/** Which engine computes, on what, and how exactly. */
export interface EngineInfo {
  /** `onnx`, `tensorflow` or `webgpu`. */
  readonly backend: string;
  /** `cpu`, or the kind or name of the GPU. */
  readonly device: string;
  /** Of its convolutions: `float32`, `tf32`, `float16`. */
  readonly precision: string;
  readonly version: string;
}

/** An objective whose masks come with every tile. */
export type TileObjective = Omit<Objective, "masks" | "normalizeGradients" | "whiteners">;

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
  /** Whether `adam` and `lbfgs` know extras; left out: they do not, and are given none. */
  readonly movesExtras?: boolean;
  /**
   * Moves a picture on the device from here on, with Adam; left out where nothing is gained by that.
   *
   * @param extras Left out: none.
   */
  adam?(options: OptimizerOptions, state: OptimizerState, extras?: MovingExtras): Promise<DeviceOptimizer>;
  /** The same with L-BFGS. */
  lbfgs?(options: OptimizerOptions, state: OptimizerState, extras?: MovingExtras): Promise<DeviceOptimizer>;
  dispose(): Promise<void>;
}

/**
 * What a term's loss compares with: for content the features of a picture, in the backend's own order, for style
 * `StyleFigures`, for neighbours `targetOf()`.
 */
export type Target = Float32Array;

/** One tile of a picture, see `tiles/`. */
export interface TileInput {
  /** Of the tile's size. */
  readonly pixels: Pixels;
  /** Factors per pixel of `layer` for a mask of the objective: 0 outside the tile's core. */
  mask(mask: number, layer: string): Float32Array;
}

/**
 * An objective compiled for tiles of one size. What a term needs of the whole picture is given from outside: its area
 * (H·W, or Σm²), and for style the difference of the Gram matrices, whitened forth and back where they are.
 */
export interface TileEvaluator {
  /** The tile's share of each style term's figures, in the order of the terms. */
  grams(tile: TileInput): Promise<Float32Array[]>;
  /**
   * L1 norm of each term's gradient at its layer, without its factor.
   *
   * @param targets Content: the tile's features of the content picture. Neighbours: `targetOf()` the tile. Style: G − A of the whole picture, with
   *   moments the D of `compareFigures()`.
   */
  norms(tile: TileInput, targets: readonly Target[]): Promise<Float64Array>;
  /**
   * The gradient of what the tile's core contributes to the loss, with respect to all of its pixels.
   *
   * @param factors By term: its weight times `gradientFactor()`.
   * @returns For each content term the sum of squared differences, for neighbours that of 1 − cos, for style 0; and the gradient.
   */
  gradient(
    tile: TileInput,
    targets: readonly Target[],
    factors: ArrayLike<number>,
  ): Promise<{ readonly sums: Float64Array; readonly gradient: Float32Array }>;
  dispose(): Promise<void>;
}

/** A backend that can evaluate in tiles. */
export type TilingBackend = Backend & Required<Pick<Backend, "compileTiles">>;

/** One of the devices that can compute. */
export interface Backend {
  readonly info: EngineInfo;
  /** Bytes of the largest feature map that it can hold: pictures with larger ones are evaluated in tiles. Left out: any. */
  readonly largestMap?: number;
  /** Features of a picture at `layers`, in the backend's own order of values. */
  features(pixels: Pixels, size: Size, layers: readonly string[], pooling: Pooling): Promise<Map<string, Target>>;
  /**
   * Gram matrices FᵀF / (H·W·C) of a picture at `layers`.
   *
   * @param mask Which part of the picture counts, as for a {@linkcode Term}; null for all of it.
   * @param moments Whether the channels' means follow each matrix.
   */
  grams(
    pixels: Pixels,
    size: Size,
    layers: readonly string[],
    pooling: Pooling,
    mask?: Mask | null,
    moments?: boolean,
  ): Promise<Map<string, Target>>;
  /** Features of a picture's places at `layers`, see `neighbors.ts`. */
  places(pixels: Pixels, size: Size, layers: readonly string[], pooling: Pooling): Promise<Places>;
  /**
   * For each query the candidate with the largest dot product, the first of equals; both are rows of `length` values. A part
   * of the queries at a time, so that memory has a bound.
   */
  nearest(queries: Float32Array, candidates: Float32Array, length: number): Promise<Int32Array>;
  /** Prepares the evaluation of `objective` against `targets`, one for each of its terms. */
  compile(objective: Objective, targets: readonly Target[]): Promise<Evaluator>;
  /**
   * Prepares the evaluation of an objective in tiles; a backend without it evaluates every picture as a whole.
   *
   * @param objective Of a tile's size. Every term has a mask; mask 0 is the core alone, without any soft values.
   * @param areas Of each term in the whole picture.
   */
  compileTiles?(objective: TileObjective, areas: readonly number[]): Promise<TileEvaluator>;
  /**
   * Probabilities of ImageNet's classes by the whole network.
   *
   * @param pixels 224×224.
   * @throws {GramcastError} WEIGHTS_INCOMPLETE when the parameters lack a layer.
   */
  classify(pixels: Pixels): Promise<Float32Array>;
  close(): Promise<void>;
}
