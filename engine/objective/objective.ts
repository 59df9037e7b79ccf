/**
 * What a backend is asked to compute, independent of how: the terms of the loss that need the network. Losses of the
 * picture alone (total variation) are in `total_variation.ts`.
 *
 * @module
 */
import type { Pooling } from "../options/options.ts";
import type { Size } from "../picture.ts";
import { CONV_NAMES, type ConvLayer, layersUpTo, pooledSize, type PoolLayer } from "../vgg16.ts";
import type { Whitener } from "./whitening.ts";

/**
 * One term of the loss, at one layer.
 *
 * - content: mean((F − P)²) over height, width and channels;
 * - style: mean((G − A)²) over channels × channels, with G = FᵀF / (H·W·C); where the term has a whitener R, of
 *   R (G − A) Rᵀ; where moments are compared, their part of `moments.ts` beside it;
 * - neighbors: mean(1 − cos) between F and the features that each place has taken from the style, see `neighbors.ts`.
 *
 * With a mask m (a factor per pixel, scaled to the layer) the means are weighted by m²: F becomes m·F and H·W becomes Σm².
 */
export interface Term {
  readonly kind: "content" | "style" | "neighbors";
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
  /** Whether style terms compare means and deviations too, see `moments.ts`: their targets then have means. */
  readonly moments?: boolean;
}

/** The size of what a layer gives out. */
interface FeatureSize extends Size {
  readonly channels: number;
}

/** The layers up to `last`, with what they give out for a picture of `size`. */
export function featureMaps(size: Size, last: string): (FeatureSize & { readonly layer: ConvLayer | PoolLayer })[] {
  let { width, height } = size;
  let channels = 3;
  return layersUpTo(last).map((layer) => {
    if (layer.kind === "conv") channels = layer.outChannels;
    else [width, height] = [pooledSize(width), pooledSize(height)];
    return { layer, width, height, channels };
  });
}

/** What one layer gives out for a picture of `size`. */
export function featureSize(size: Size, layer: string): FeatureSize {
  const { width, height, channels } = featureMaps(size, layer).at(-1)!;
  return { width, height, channels };
}

/** Bytes of the features at `layers`. */
export function featureBytes(size: Size, layers: readonly string[]): number {
  return layers.reduce((sum, layer) => sum + bytesOf(featureSize(size, layer)), 0);
}

/** Bytes of the largest feature map up to `last`. */
export function largestMapBytes(size: Size, last: string): number {
  return Math.max(...featureMaps(size, last).map(bytesOf));
}

/** Bytes of a feature map. */
export function bytesOf({ width, height, channels }: FeatureSize): number {
  return 4 * channels * width * height;
}

/** The layer farthest from the picture among `layers`. */
export function deepestLayer(layers: Iterable<string>): string {
  let deepest = -1;
  for (const layer of layers) deepest = Math.max(deepest, CONV_NAMES.indexOf(layer));
  const name = CONV_NAMES[deepest];
  if (name === undefined) throw new RangeError("Cannot find the deepest layer: there is none");
  return name;
}

/**
 * The layer in whose grid a term is compared: its own, but for neighbours, which compare nothing that is finer than a quarter
 * of the picture's side. Masks and areas of a term are those of this layer.
 */
export function gridLayer({ kind, layer }: Term): string {
  return kind === "neighbors" && CONV_NAMES.indexOf(layer) < CONV_NAMES.indexOf("conv3_1") ? "conv3_1" : layer;
}

/** Over how many values a term's squared differences are averaged; `area` is H·W, or Σm² under a mask. */
export function elementCount(term: Term, channels: number, area: number): number {
  if (term.kind === "neighbors") return area;
  return term.kind === "style" ? channels * channels : channels * area;
}

/**
 * What turns the term's inner gradient into that of its mean: for content d(F − P)²/dF = 2 (F − P), for style
 * d(G − A)²/dF = 4 (G − A) F / (area · channels), with RᵀR (G − A) RᵀR in place of G − A under a whitener, for neighbours
 * d(1 − cos)/dF as it is, each over the number of averaged values. Normalised gradients have lost their scale, so only the weight stays.
 */
export function gradientFactor(term: Term, channels: number, area: number, normalized: boolean): number {
  if (normalized) return 1;
  if (term.kind === "neighbors") return 1 / area;
  const inner = term.kind === "style" ? 4 / (area * channels) : 2;
  return inner / elementCount(term, channels, area);
}
