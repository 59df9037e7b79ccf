/**
 * What a transfer is asked to do, fully resolved: every option has a value. `resolve.ts` makes it from what a
 * caller gave and a preset.
 *
 * @module
 */

export const PRESET_NAMES = ["CLASSIC", "FAST", "BALANCED", "QUALITY", "GATYS", "JOHNSON"] as const;
export type PresetName = (typeof PRESET_NAMES)[number];
export const OPTIMIZER_KINDS = ["ADAM", "LBFGS"] as const;
export type OptimizerKind = (typeof OPTIMIZER_KINDS)[number];
export const POOLINGS = ["MAX", "AVERAGE"] as const;
export type Pooling = (typeof POOLINGS)[number];
export const COLOR_MODES = ["STYLE", "LUMINANCE", "MATCH"] as const;
export type ColorMode = (typeof COLOR_MODES)[number];
export const INIT_KINDS = ["NOISE", "CONTENT", "STYLE", "IMAGE"] as const;
export type InitKind = (typeof INIT_KINDS)[number];

/** A convolution that takes part in a loss, and how much. */
export interface LayerWeight {
  readonly layer: string;
  readonly weight: number;
}

export interface OptimizerOptions {
  readonly kind: OptimizerKind;
  /** Adam: step in pixel values (0–255). L-BFGS: factor on the step, 1 is the quasi-Newton step. */
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Pairs that L-BFGS remembers. */
  readonly history: number;
}

export interface InitOptions {
  readonly kind: InitKind;
  /** 0: the start picture alone; 1: noise alone; between: that share of noise mixed in. */
  readonly noise: number;
}

/** One stage of a coarse-to-fine schedule. */
export interface Scale {
  /** Longest side in pixels. */
  readonly size: number;
  readonly width: number;
  readonly height: number;
  readonly steps: number;
}

export interface TransferOptions {
  readonly preset: PresetName;
  /** Of the result, in pixels: that of the last scale. */
  readonly width: number;
  readonly height: number;
  /** Over all scales. */
  readonly steps: number;
  /** At least one, from coarse to fine. */
  readonly scales: readonly Scale[];
  readonly contentWeight: number;
  readonly styleWeight: number;
  readonly tvWeight: number;
  readonly contentLayers: readonly LayerWeight[];
  readonly styleLayers: readonly LayerWeight[];
  readonly optimizer: OptimizerOptions;
  readonly init: InitOptions;
  readonly pooling: Pooling;
  readonly color: ColorMode;
  /** Longest side of the style pictures relative to the result's. */
  readonly styleScale: number;
  readonly normalizeGradients: boolean;
  /** Divides each layer's loss by the energy of its target, so that weights mean the same for all layers and filters. */
  readonly normalizeLosses: boolean;
  /** How far Gram matrices are compared on the style's own scales, 0 for not at all; see `whitening.ts`. */
  readonly whitening: number;
  /** Exponential moving average of the iterates, 0 for none, below 1. */
  readonly averaging: number;
  readonly seed: number;
  readonly frameEvery: number;
  readonly keepFrames: boolean;
}

/** What a caller may say about a transfer; everything left out comes from the preset. Pictures travel beside it. */
export interface TransferRequest {
  readonly preset?: PresetName | null;
  readonly size?: number | null;
  readonly steps?: number | null;
  readonly scales?: readonly { readonly size: number; readonly steps: number }[] | null;
  readonly contentWeight?: number | null;
  readonly styleWeight?: number | null;
  readonly tvWeight?: number | null;
  readonly contentLayers?: readonly { readonly layer: string; readonly weight?: number | null }[] | null;
  readonly styleLayers?: readonly { readonly layer: string; readonly weight?: number | null }[] | null;
  readonly optimizer?: {
    readonly kind: OptimizerKind;
    readonly learningRate?: number | null;
    readonly beta1?: number | null;
    readonly beta2?: number | null;
    readonly epsilon?: number | null;
    readonly history?: number | null;
  } | null;
  readonly init?: { readonly kind: InitKind; readonly noise?: number | null } | null;
  readonly pooling?: Pooling | null;
  readonly color?: ColorMode | null;
  readonly styleScale?: number | null;
  readonly normalizeGradients?: boolean | null;
  readonly normalizeLosses?: boolean | null;
  readonly whitening?: number | null;
  readonly averaging?: number | null;
  readonly seed?: number | null;
  readonly frameEvery?: number | null;
  readonly keepFrames?: boolean | null;
}

/** Weights that may change while a transfer runs; they take effect at its next step. */
export interface Retuning {
  readonly contentWeight?: number | null;
  readonly styleWeight?: number | null;
  readonly tvWeight?: number | null;
  readonly learningRate?: number | null;
}
