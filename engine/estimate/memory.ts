/**
 * What a step takes in memory, from the layer table. The factors are measured: `deno task bench memory` compares with real
 * processes.
 *
 * @module
 */
import { MOST_CANDIDATES, placeSize } from "../objective/neighbors.ts";
import { bytesOf, featureBytes, featureMaps, featureSize, gridLayer } from "../objective/objective.ts";
import type { TransferOptions } from "../options/options.ts";
import type { Size } from "../picture.ts";
import { CONV_LAYERS, convIndex } from "../vgg16.ts";

/** The process before it has a picture: runtime, libraries, all parameters as they were read. */
const BASE_BYTES = 270 * 2 ** 20;
/** Parameters packed for the forward pass and for the gradient, and what their packing leaves behind. */
const PACKED_COPIES = 3;
/** Feature maps of the widest layer that a step works on at a time, besides those that it keeps. */
const STEP_MAPS = 2.25;
/**
 * ONNX Runtime's memory pool grows by at most 1 GiB at a time, where maps above a quarter of that leave gaps: as measured at
 * 1152, 1280, 1408 and 1536 pixels, 8 % below to 12 % above what the layers alone would take, and 24 % above in tiles of
 * 1072×2048 pixels.
 */
const POOL_BYTES = 2 ** 28;
const POOL_GAPS = 1.25;
/** The same for a forward pass alone, its Gram matrices included. */
const FORWARD_MAPS = 4;
/** A content target, and the difference from it. */
const TARGET_MAPS = 2;
/** Pictures in floats: Adam's two moments, iterate, gradient and the one before, and a checkpoint of three of them. */
const ADAM_PICTURES = 8;
/** Iterate, trial point, three gradients, direction, four to smooth it, and a checkpoint of four. */
const LBFGS_PICTURES = 14;
/** A step and a change of the gradient for each pair of the history, and all that in a checkpoint. */
const HISTORY_PICTURES = 4;
/** The average, its bias-corrected form and its checkpoint. */
const AVERAGE_PICTURES = 3;
/** Pictures of 8 bits: content, result, a checkpoint's. */
const SHOWN_PICTURES = 3;

/** Bytes of a pixel: as it was decoded, as it was resized, and as floats. */
const STYLE_PICTURE = 3 + 3 + 12;

/** Bytes of the process with the parameters up to `last`. */
export function processBytes(last: string): number {
  return BASE_BYTES + PACKED_COPIES * parameterBytes(last);
}

/** Bytes of the parameters up to `last`. */
export function parameterBytes(last: string): number {
  return CONV_LAYERS.slice(0, convIndex(last) + 1)
    .reduce((sum, { inChannels, outChannels }) => sum + 4 * (9 * inChannels + 1) * outChannels, 0);
}

/** Bytes of the optimiser and of what shows its picture. */
export function pictureBytes({ width, height }: Size, { optimizer, averaging }: TransferOptions): number {
  const pixels = width * height;
  const floats = optimizer.kind === "ADAM" ? ADAM_PICTURES : LBFGS_PICTURES + HISTORY_PICTURES * optimizer.history;
  return 12 * pixels * (floats + (averaging > 0 ? AVERAGE_PICTURES : 0)) + 3 * pixels * SHOWN_PICTURES;
}

/**
 * Bytes of a style picture that is looked at in a longest side of `side` pixels, as bytes and as floats, beyond those of one
 * as large as the result: of that what was measured has room.
 */
export function styleBytes(size: number, side: number): number {
  return STYLE_PICTURE * Math.max(0, side ** 2 - size ** 2);
}

/**
 * Bytes of the network in a step, forward and backward, at its peak: every activation is kept for the gradient, content
 * targets and the differences from them beside them.
 */
export function stepBytes(size: Size, last: string, contentLayers: readonly string[]): number {
  const maps = featureMaps(size, last).map(bytesOf);
  const widest = Math.max(...maps);
  const kept = maps.reduce((sum, bytes) => sum + bytes, 0);
  const all = kept + STEP_MAPS * widest + TARGET_MAPS * featureBytes(size, contentLayers);
  return widest > POOL_BYTES ? POOL_GAPS * all : all;
}

/** Bytes of the features of a picture's places at all layers. */
export function placeBytes(size: Size, layers: readonly string[]): number {
  const { width, height } = placeSize(size);
  return sumOf(layers, (layer) => bytesOf({ width, height, channels: featureSize(size, layer).channels }));
}

/** Bytes of what a picture's neighbours are compared with at all layers. */
export function neighborBytes(size: Size, layers: readonly string[]): number {
  return sumOf(layers, (layer) => {
    const grid = featureSize(size, gridLayer({ kind: "neighbors", layer, mask: null }));
    return bytesOf({ ...grid, channels: featureSize(size, layer).channels });
  });
}

/** Bytes of the places of styles that may be taken, at all layers. */
export function candidateBytes(layers: readonly string[]): number {
  return sumOf(layers, (layer) => bytesOf({ ...featureSize({ width: 1, height: 1 }, layer), width: MOST_CANDIDATES }));
}

function sumOf(layers: readonly string[], bytes: (layer: string) => number): number {
  return layers.reduce((sum, layer) => sum + bytes(layer), 0);
}

/** Bytes of the network in a forward pass. */
export function forwardBytes(size: Size, last: string): number {
  return FORWARD_MAPS * Math.max(...featureMaps(size, last).map(bytesOf));
}
