import { forwardBytes, pictureBytes, placeBytes, processBytes, stepBytes, styleBytes } from "./memory.ts";
import { deepestLayer, featureMaps, featureSize, largestMapBytes } from "../objective/objective.ts";
import type { Scale, TransferOptions } from "../options/options.ts";
import { styleSide } from "../options/style_side.ts";
import type { Size } from "../picture.ts";
import { planTiles, type TilePlan } from "./tile_plan.ts";
import { CONV_LAYERS, convIndex } from "../vgg16.ts";

/** What one scale of a transfer costs. */
export interface ScaleCost extends Scale {
  /** Multiplications and additions of one step. */
  readonly flopsPerStep: number;
  /** Bytes at the peak, of the whole process. */
  readonly memoryBytes: number;
}

/** What a transfer costs, from the layer table. */
export interface Cost {
  /** Multiplications and additions of all steps. */
  readonly flops: number;
  /** Bytes at the peak, that is in the largest scale. */
  readonly memoryBytes: number;
  /** In the order of the schedule. */
  readonly scales: readonly ScaleCost[];
}

/** How a scale is evaluated, and what that takes. */
interface ScalePlan {
  /** Null: the whole picture at once. */
  readonly tiles: TilePlan | null;
  /** At the peak, of the whole process. */
  readonly memoryBytes: number;
  readonly flopsPerStep: number;
}

/** What options cost within some memory: `estimateCost`, if it is not a test's. */
export type CostModel = (options: TransferOptions, memoryBytes: number) => Cost;

/**
 * Counts operations and memory.
 *
 * FLOPs: a convolution takes 2·9·I·O per pixel forward and as much for the gradient to its input; a Gram matrix 2·C² per
 * pixel, its gradient as much; whitening its difference and back 8·C³. Element-wise operations are not counted, nor is the
 * search for neighbours, once for a scale.
 *
 * @param options Of the transfer, `atLargestStyle()`.
 * @param memoryBytes What the process may take: scales that need more are counted in tiles.
 */
export function estimateCost(options: TransferOptions, memoryBytes?: number): Cost {
  const scales = options.scales.map((scale) => {
    const { tiles: _, ...cost } = planScale(scale, options, memoryBytes);
    return { ...scale, ...cost };
  });
  return {
    flops: scales.reduce((sum, { steps, flopsPerStep }) => sum + steps * flopsPerStep, 0),
    memoryBytes: Math.max(...scales.map((scale) => scale.memoryBytes)),
    scales,
  };
}

/** FLOPs of one step at `size`, as a whole. */
export function stepFlops(size: Size, options: TransferOptions): number {
  return networkFlops(size, options) + whiteningFlops(options);
}

/**
 * How a scale is evaluated within `memoryBytes`: as a whole where that fits, else in tiles; where neither fits, as a whole
 * all the same.
 *
 * @param largestMap Bytes of the largest feature map that the device can hold.
 */
export function planScale(
  scale: Scale,
  options: TransferOptions,
  memoryBytes = Infinity,
  largestMap = Infinity,
): ScalePlan {
  const whole = { tiles: null, memoryBytes: wholeBytes(scale, options), flopsPerStep: stepFlops(scale, options) };
  if (whole.memoryBytes <= memoryBytes && wholeMap(scale, options) <= largestMap) return whole;
  const fixed = fixedBytes(scale, options);
  const tiles = planTiles(scale, options, memoryBytes - fixed, largestMap);
  if (tiles === null) return whole;
  return { tiles, memoryBytes: fixed + tiles.bytes, flopsPerStep: tiledFlops(tiles, options) };
}

/** A step, or the Gram matrices of a style picture before it; of that only the longest side is known. */
function wholeBytes(scale: Scale, options: TransferOptions): number {
  const content = options.contentLayers.map(({ layer }) => layer);
  const largest = styleSize(scale, options);
  const style = options.styleLayers.length === 0 ? 0 : forwardBytes(largest, styleLayerOf(options));
  const styles = options.styleLayers.map(({ layer }) => layer);
  const targets = options.styleMatch === "NEIGHBORS" ? placeBytes(scale, styles) : 0;
  // The picture's places and what they are compared by, and the same of the style, before a step.
  const search = targets === 0 ? 0 : 2 * targets + 2 * placeBytes(largest, styles);
  const network = Math.max(stepBytes(scale, layerOf(options), content) + targets, style + search);
  return fixedBytes(scale, options) + network;
}

/** Whatever is evaluated how: the process, the optimiser, and the largest style picture. */
function fixedBytes(scale: Scale, options: TransferOptions): number {
  const style = options.styleLayers.length === 0 ? 0 : styleBytes(scale.size, styleSide(scale.size, options));
  return processBytes(layerOf(options)) + pictureBytes(scale, options) + style;
}

/** Bytes of the largest feature map of the picture and of the style pictures. */
function wholeMap(scale: Scale, options: TransferOptions): number {
  const picture = largestMapBytes(scale, layerOf(options));
  if (options.styleLayers.length === 0) return picture;
  return Math.max(picture, largestMapBytes(styleSize(scale, options), styleLayerOf(options)));
}

/** At most: of a style picture only the longest side is known. */
function styleSize({ size }: Scale, options: TransferOptions): Size {
  const side = styleSide(size, options);
  return { width: side, height: side };
}

/** Two passes over every tile, the first forward only; one more for the content where it is not kept, one for norms. */
function tiledFlops({ grid, keptBytes }: TilePlan, options: TransferOptions): number {
  const { size, tiles } = grid;
  const content = options.contentLayers.map(({ layer }) => layer);
  let sum = networkFlops(size, options);
  if (options.styleLayers.length > 0) sum += forwardFlops(size, styleLayerOf(options));
  if (content.length > 0 && keptBytes === 0) sum += forwardFlops(size, deepestLayer(content));
  if (options.normalizeGradients) sum += forwardFlops(size, layerOf(options)) + gramFlops(size, options);
  return tiles.length * sum + whiteningFlops(options);
}

/** Forward and back through the network and the Gram matrices. */
function networkFlops(size: Size, options: TransferOptions): number {
  return 2 * forwardFlops(size, layerOf(options)) + 2 * gramFlops(size, options);
}

function forwardFlops(size: Size, last: string): number {
  return featureMaps(size, last).reduce(
    (sum, { layer, width, height }) =>
      layer.kind === "conv" ? sum + 2 * 9 * layer.inChannels * layer.outChannels * width * height : sum,
    0,
  );
}

/** Of all Gram matrices; a product with such a matrix, as their gradients are, takes as much. */
function gramFlops(size: Size, { styleLayers }: TransferOptions): number {
  return styleLayers.reduce((sum, { layer }) => {
    const { width, height, channels } = featureSize(size, layer);
    return sum + 2 * channels * channels * width * height;
  }, 0);
}

/** Four products of (channels × channels) matrices at each style layer. */
function whiteningFlops({ styleLayers, whitening }: TransferOptions): number {
  if (!whitening) return 0;
  return styleLayers.reduce((sum, { layer }) => sum + 8 * CONV_LAYERS[convIndex(layer)]!.outChannels ** 3, 0);
}

/** The deepest layer of all. */
function layerOf({ contentLayers, styleLayers }: TransferOptions): string {
  return deepestLayer([...contentLayers, ...styleLayers].map(({ layer }) => layer));
}

function styleLayerOf({ styleLayers }: TransferOptions): string {
  return deepestLayer(styleLayers.map(({ layer }) => layer));
}
