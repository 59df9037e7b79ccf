import { featureSize } from "./objective.ts";
import type { TransferOptions } from "./options.ts";
import type { Size } from "./picture.ts";
import { convIndex, layersUpTo, pooledSize } from "./vgg16.ts";

/** What a transfer costs, from the layer table. */
export interface Cost {
  /** Multiplications and additions of all steps. */
  readonly flops: number;
  /** Mean over the steps of all scales. */
  readonly flopsPerStep: number;
  /** Bytes at the peak, that is in the largest scale. */
  readonly memoryBytes: number;
}

/** Bytes that the process takes before it has a picture: runtime, ONNX Runtime, parameters and their packed copies. */
const BASE_BYTES = 500 * 2 ** 20;

/**
 * Counts operations and memory.
 *
 * FLOPs: a convolution takes 2·9·I·O per pixel forward and as much for the gradient to its input; a Gram matrix 2·C² per
 * pixel, its gradient as much. Element-wise operations are not counted.
 */
export function estimateCost(options: TransferOptions): Cost {
  const flops = options.scales.reduce((sum, scale) => sum + scale.steps * stepFlops(scale, options), 0);
  return {
    flops,
    flopsPerStep: flops / options.steps,
    memoryBytes: Math.max(...options.scales.map((scale) => scaleBytes(scale, options))),
  };
}

/** FLOPs of one step at `size`. */
export function stepFlops(size: Size, options: TransferOptions): number {
  let { width, height } = size;
  let sum = 0;
  for (const layer of layersUpTo(deepest(options))) {
    if (layer.kind === "conv") sum += 2 * (2 * 9 * layer.inChannels * layer.outChannels * width * height);
    else [width, height] = [pooledSize(width), pooledSize(height)];
  }
  for (const { layer } of options.styleLayers) {
    const { width, height, channels } = featureSize(size, layer);
    sum += 2 * (2 * channels * channels * width * height);
  }
  return sum;
}

/**
 * Bytes at the peak of a step at `size`: every activation is kept for the gradient, content targets beside them, and at
 * the widest layer the gradient takes three buffers of its size.
 */
function scaleBytes(size: Size, options: TransferOptions): number {
  let { width, height } = size;
  let channels = 3;
  let kept = 0;
  let widest = 0;
  for (const layer of layersUpTo(deepest(options))) {
    if (layer.kind === "conv") channels = layer.outChannels;
    else [width, height] = [pooledSize(width), pooledSize(height)];
    const bytes = 4 * channels * width * height;
    kept += bytes;
    widest = Math.max(widest, bytes);
  }
  const targets = options.contentLayers.reduce((sum, { layer }) => {
    const { width, height, channels } = featureSize(size, layer);
    return sum + 4 * channels * width * height;
  }, 0);
  const pictures = options.optimizer.kind === "ADAM" ? 6 : 8 + 2 * options.optimizer.history;
  return BASE_BYTES + kept + 3 * widest + targets + pictures * 12 * size.width * size.height;
}

function deepest({ contentLayers, styleLayers }: TransferOptions): string {
  const layers = [...contentLayers, ...styleLayers].map(({ layer }) => layer);
  return layers.reduce((a, b) => convIndex(a) > convIndex(b) ? a : b);
}
