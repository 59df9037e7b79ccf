/**
 * Golden values, as `golden.py` wrote them.
 *
 * @module
 */
import type { Mask, Term } from "../objective/objective.ts";
import type { Losses } from "../objective/losses.ts";
import type { LayerWeight, Pooling, StyleMatch } from "../options/options.ts";
import type { Size } from "../picture.ts";
import { formulaNoise } from "../testing/formula.ts";
import combinations from "./golden/combinations.json" with { type: "json" };
import layers from "./golden/layers.json" with { type: "json" };
import momentScales from "./golden/moment_scales.json" with { type: "json" };
import moments from "./golden/moments.json" with { type: "json" };
import neighbors from "./golden/neighbors.json" with { type: "json" };
import options from "./golden/options.json" with { type: "json" };
import palettes from "./golden/palettes.json" with { type: "json" };
import reference from "./golden/reference.json" with { type: "json" };
import scales from "./golden/scales.json" with { type: "json" };
import temporal from "./golden/temporal.json" with { type: "json" };
import ties from "./golden/ties.json" with { type: "json" };

/** A picture by its formula. */
export interface PictureSpec extends Size {
  readonly salt: number;
}

/** Losses and gradient of an objective. */
export interface ObjectiveCase extends Size {
  readonly name: string;
  readonly styleWidth: number;
  readonly styleHeight: number;
  readonly pooling: Pooling;
  readonly normalizeGradients: boolean;
  readonly moments?: boolean;
  readonly inputMean: [number, number, number];
  /** The value of a flat start picture, or null for noise. */
  readonly flat: number | null;
  readonly masks: readonly PictureSpec[];
  readonly terms: readonly (Term & { readonly weight: number; readonly salt: number })[];
  /** The mean of each term, unweighted. */
  readonly losses: readonly number[];
  /** Base64 of little-endian float32. */
  readonly gradient: string;
  /** How far PyTorch's gradient moves when it rounds the factors of convolutions to 10 bits, relative to its norm. */
  readonly rounding: number;
}

/** Losses and gradient of a scale of a transfer. */
export interface ScaleCase {
  readonly name: string;
  readonly options: {
    readonly size: number;
    readonly contentWeight: number;
    readonly styleWeight: number;
    readonly tvWeight: number;
    readonly contentLayers: readonly LayerWeight[];
    readonly styleLayers: readonly LayerWeight[];
    readonly pooling: Pooling;
    readonly styleScale: number;
    readonly normalizeGradients: boolean;
    readonly normalizeLosses: boolean;
    readonly whitening: number;
    readonly styleMatch?: StyleMatch;
    readonly paletteWeight?: number;
    readonly temporalWeight?: number;
  };
  readonly content: PictureSpec;
  readonly contentMask: PictureSpec | null;
  /** Of a frame of a moving picture, with what of it is to be kept. */
  readonly initPicture?: PictureSpec;
  readonly kept?: PictureSpec;
  readonly styles: readonly (PictureSpec & { readonly weight: number; readonly mask: PictureSpec | null })[];
  readonly losses: Losses;
  readonly gradient: string;
  /** How far PyTorch's gradient moves when it rounds the factors of convolutions to 10 bits, relative to its norm. */
  readonly rounding: number;
}

export const OBJECTIVE_CASES = [
  ...reference,
  ...layers,
  ...options,
  ...moments,
] as unknown as readonly ObjectiveCase[];
export const NEIGHBOR_CASES = neighbors as unknown as readonly ObjectiveCase[];
export const TIE_CASES = ties as unknown as readonly ObjectiveCase[];
export const SCALE_CASES = [
  ...scales,
  ...momentScales,
  ...palettes,
  ...temporal,
  ...combinations,
] as unknown as readonly ScaleCase[];

/** Salt of the start pictures. */
export const START_SALT = 1003;

export function decodeFloats(base64: string): Float32Array {
  return new Float32Array(Uint8Array.fromBase64(base64).buffer);
}

/** A soft mask: noise between 0 and 1. */
export function formulaMask({ width, height, salt }: PictureSpec): Mask {
  return { width, height, values: Float32Array.from(formulaNoise(width * height, salt), (value) => (value + 1) / 2) };
}

/** Unit vectors of positive values: (area × channels). */
export function formulaDirections(area: number, channels: number, salt: number): Float32Array {
  const rows = Float32Array.from(formulaNoise(area * channels, salt), (value) => value + 1);
  for (let at = 0; at < rows.length; at += channels) {
    const row = rows.subarray(at, at + channels);
    const length = Math.hypot(...row);
    row.forEach((value, i) => row[i] = value / length);
  }
  return rows;
}
