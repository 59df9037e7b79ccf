/**
 * What a backend is asked to compute, independent of how: the terms of the loss that need the network. Losses of the
 * picture alone (total variation) are in `total_variation.ts`.
 *
 * @module
 */
import type { Pooling } from "../options/options.ts";
import type { Size } from "../picture.ts";
import { CONV_NAMES, layersUpTo, pooledSize } from "../vgg16.ts";
import type { Whitener } from "./whitening.ts";

/**
 * One term of the loss, at one layer.
 *
 * - content: mean((F − P)²) over height, width and channels;
 * - style: mean((G − A)²) over channels × channels, with G = FᵀF / (H·W·C); where the term has a whitener R, of
 *   R (G − A) Rᵀ.
 *
 * With a mask m (a factor per pixel, scaled to the layer) the means are weighted by m²: F becomes m·F and H·W becomes Σm².
 */
export interface Term {
  readonly kind: "content" | "style";
  readonly layer: string;
  /** Index into the objective's masks, or null for the whole picture. */
  readonly mask: number | null;
}

/** A factor per pixel, 0–1, at the picture's own size: `width * height` values. */
export interface Mask extends Size {
  readonly values: Float32Array;
}

/** The network's part of a loss, for one size of picture. */
export interface Objective {
  readonly size: Size;
  readonly terms: readonly Term[];
  readonly masks: readonly Mask[];
  readonly pooling: Pooling;
  /** Divides the gradient of each term by its L1 norm at the term's layer (Johnson's `-normalize_gradients`). */
  readonly normalizeGradients: boolean;
  /** By index of a style term, see `whitening.ts`; terms without compare Gram matrices as they are. */
  readonly whiteners?: ReadonlyMap<number, Whitener>;
}

/** Height, width and channels of a convolution's output for a picture of `size`. */
export function featureSize(size: Size, layer: string): Size & { readonly channels: number } {
  let { width, height } = size;
  let channels = 3;
  for (const each of layersUpTo(layer)) {
    if (each.kind === "conv") channels = each.outChannels;
    else [width, height] = [pooledSize(width), pooledSize(height)];
  }
  return { width, height, channels };
}

/** The layer farthest from the picture among `layers`. */
export function deepestLayer(layers: Iterable<string>): string {
  let deepest = -1;
  for (const layer of layers) deepest = Math.max(deepest, CONV_NAMES.indexOf(layer));
  const name = CONV_NAMES[deepest];
  if (name === undefined) throw new RangeError("Cannot find the deepest layer: there is none");
  return name;
}

/** Over how many values a term's squared differences are averaged; `area` is H·W, or Σm² under a mask. */
export function elementCount(term: Term, channels: number, area: number): number {
  return term.kind === "style" ? channels * channels : channels * area;
}

/**
 * What turns the term's inner gradient into that of its mean: for content d(F − P)²/dF = 2 (F − P), for style
 * d(G − A)²/dF = 4 (G − A) F / (area · channels), with RᵀR (G − A) RᵀR in place of G − A under a whitener, each over the
 * number of averaged values. Normalised gradients have lost their scale, so only the weight stays.
 */
export function gradientFactor(term: Term, channels: number, area: number, normalized: boolean): number {
  if (normalized) return 1;
  const inner = term.kind === "style" ? 4 / (area * channels) : 2;
  return inner / elementCount(term, channels, area);
}
