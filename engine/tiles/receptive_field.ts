import { layersUpTo } from "../vgg16.ts";

/** Pixels from one value of `layer` to the next: what the borders of tiles and cores are multiples of. */
export function strideOf(layer: string): number {
  return 2 ** layersUpTo(layer).filter(({ kind }) => kind === "pool").length;
}

/**
 * How far beyond a core the picture is seen by the features of `layer` inside it, as a multiple of the layer's stride.
 * Zeros and cut-off pools at the border of a tile reach no farther inwards either, so the core's features are exact.
 */
export function marginOf(layer: string): number {
  let [reach, stride] = [0, 1];
  for (const { kind } of layersUpTo(layer)) {
    if (kind === "conv") reach += stride;
    else stride *= 2;
  }
  return Math.ceil(reach / stride) * stride;
}
