/**
 * Style by nearest neighbours: Kolkin et al. (2022), "Neural Neighbor Style Transfer". Each place of the picture, four by four
 * pixels, takes the place of the style whose features are most like its own, and then is pulled towards them.
 *
 * Which one is found once for a scale, by the cosine between the features of all style layers together, less their mean, at
 * a quarter of the side. As in the paper a layer's features are divided by the number of its channels, so that those of deep
 * layers do not outweigh the rest. At the last of several scales each layer looks by itself, the paper's feature splitting.
 * Compared is each layer by itself: mean(1 − cos), places weighted by m² under a mask. The paper compares the layers joined,
 * and by themselves at the end only; it looks for neighbours from the smallest scale on; and it matches colours afterwards,
 * where here Gram matrices and moments are compared beside the cosines.
 *
 * @module
 */
import type { LayerWeight } from "../options/options.ts";
import type { Size } from "../picture.ts";
import { layersUpTo } from "../vgg16.ts";
import { featureSize } from "./objective.ts";

/** Features of every place at each layer: (places × channels), rows of places from the top. */
export type Places = ReadonlyMap<string, Float32Array>;

/** What a layer's places have taken of the style. */
export interface Taken {
  /** For each place of the picture, one of `rows`. */
  readonly places: Int32Array;
  /** Features of the style's places at the layer: (those that there were to take × channels). */
  readonly rows: Float32Array;
}

/** Places of all styles of a search: with more than these it would take longer than the steps after it. */
export const MOST_CANDIDATES = 4096;

/** The layer that has one value for each place. */
export const PLACE_LAYER = "conv3_1";

/** Added to a squared length: the gradient of a place without any features has to have bounds. */
export const LEAST_LENGTH = 1e-4;

/** How many places a picture has across and down. */
export function placeSize(size: Size): Size {
  const { width, height } = featureSize(size, PLACE_LAYER);
  return { width, height };
}

/** How often the sides of a layer's map are halved to those of places: −1 or −2 where it is coarser. */
export function halvingsOf(layer: string): number {
  const pools = (last: string) => layersUpTo(last).filter(({ kind }) => kind === "pool").length;
  return pools(PLACE_LAYER) - pools(layer);
}

/**
 * What places are compared by: their features at all layers joined, less their mean, with length 1.
 *
 * @param kept Which places are wanted.
 * @param means By layer, what is subtracted: of the kept, unless they are a part of those that it is the mean of.
 * @returns (kept × sum of channels), row by row.
 */
export function directionsOf(
  places: Places,
  layers: readonly LayerWeight[],
  kept: readonly number[],
  means: ReadonlyMap<string, Float64Array> = meansOf(places, layers, kept),
): Float32Array {
  const count = kept.length;
  const maps = layers.map(({ layer, weight }) => {
    const rows = places.get(layer)!;
    const channels = channelsAt(layer);
    return { rows, channels, factor: weight / channels, mean: means.get(layer)! };
  });
  const length = maps.reduce((sum, { channels }) => sum + channels, 0);
  const joined = new Float32Array(count * length);
  let start = 0;
  for (const { rows, channels, factor, mean } of maps) {
    kept.forEach((place, k) => {
      for (let c = 0; c < channels; c++) {
        joined[k * length + start + c] = factor * (rows[place * channels + c]! - mean[c]!);
      }
    });
    start += channels;
  }
  for (let at = 0; at < joined.length; at += length) normalise(joined.subarray(at, at + length));
  return joined;
}

/** The features of some places. */
export function pickPlaces(places: Places, kept: readonly number[]): Places {
  return new Map(Array.from(places, ([layer, rows]) => {
    const channels = channelsAt(layer);
    const own = new Float32Array(kept.length * channels);
    kept.forEach((place, k) => own.set(rows.subarray(place * channels, (place + 1) * channels), k * channels));
    return [layer, own];
  }));
}

/** The means of some places' features, by layer. */
export function meansOf(
  places: Places,
  layers: readonly Pick<LayerWeight, "layer">[],
  kept: readonly number[],
): Map<string, Float64Array> {
  return new Map(layers.map(({ layer }) => {
    const rows = places.get(layer)!;
    const channels = channelsAt(layer);
    const mean = new Float64Array(channels);
    for (const place of kept) for (let c = 0; c < channels; c++) mean[c]! += rows[place * channels + c]! / kept.length;
    return [layer, mean];
  }));
}

/**
 * What a layer of a picture is pulled towards: the features of the places that it has taken, with length 1. Where the layer
 * is coarser than places are, the mean of those that lie in each of its values.
 *
 * @param size The picture's.
 * @returns (values of the layer's grid × channels), see `gridLayer()`.
 */
export function targetOf(size: Size, layer: string, { places: taken, rows }: Taken): Float32Array {
  const places = placeSize(size);
  const channels = channelsAt(layer);
  const own = featureSize(size, layer);
  const grid = own.width < places.width || own.height < places.height ? own : places;
  // Of conv4, a value has two by two places; of conv5 four by four.
  const side = 2 ** Math.max(0, -halvingsOf(layer));
  const target = new Float32Array(grid.width * grid.height * channels);
  for (let y = 0; y < places.height; y++) {
    for (let x = 0; x < places.width; x++) {
      const to = (Math.floor(y / side) * grid.width + Math.floor(x / side)) * channels;
      const from = taken[y * places.width + x]! * channels;
      for (let c = 0; c < channels; c++) target[to + c]! += rows[from + c]!;
    }
  }
  for (let at = 0; at < target.length; at += channels) normalise(target.subarray(at, at + channels));
  return target;
}

/** How many values a layer has at each place. */
export function channelsAt(layer: string): number {
  return featureSize({ width: 1, height: 1 }, layer).channels;
}

/** Divides a vector by its length; nothing stays nothing. */
function normalise(vector: Float32Array): void {
  let squares = 0;
  for (const value of vector) squares += value * value;
  const length = Math.sqrt(squares);
  if (length > 0) { for (let i = 0; i < vector.length; i++) vector[i]! /= length; }
}
