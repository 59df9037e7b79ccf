/**
 * Gradients of the network's layers with respect to what they took in. There is no gradient with respect to the
 * parameters: only the picture is optimised.
 *
 * @module
 */
import { AVERAGE_POOL_GAIN, averagePoolShares } from "../../objective/pooling.ts";
import type { ConvLayer } from "../../vgg16.ts";
import { type Features, type Layout, like } from "./layout.ts";
import { ints, type ModelBuilder, type Tensor } from "./model.ts";
import {
  type Activation,
  gradientKernelInput,
  gradientWinogradInput,
  kernelShape,
  PICTURE_GRADIENT_CHANNELS,
  PICTURE_GRADIENT_SIDE,
} from "./network.ts";

/** A slope of HardSigmoid that makes it a step. */
const STEEPEST = 1e30;

/** 1 where `x` + `threshold` > 0 for a normal float's `x`, else 0. One pass, where Greater and Cast would be two. */
function step(graph: ModelBuilder, x: Features, threshold: 0 | 1): Features {
  return like(x, graph.node("HardSigmoid", [x.tensor], { alpha: STEEPEST, beta: threshold }));
}

/** The ReLU's derivative, from what it gave out; that at 0 is 0. */
export function reluDerivative(graph: ModelBuilder, output: Features): Features {
  return step(graph, output, 0);
}

/** The product of two feature maps, value by value. */
export function product(graph: ModelBuilder, a: Features, b: Features): Features {
  return like(a, graph.node("Mul", [a.tensor, b.tensor]));
}

/** Gradient to the input of a 3×3 SAME convolution: again a convolution. `sum` is added to it. */
export function convGradient(
  graph: ModelBuilder,
  layout: Layout,
  layer: ConvLayer,
  gradient: Features,
  sum: Features | undefined,
): Features {
  const { winograd } = layout;
  if (winograd?.suits("gradient", gradient, layer.inChannels)) {
    const kernel = graph.input(
      gradientWinogradInput(layer.name),
      winograd.kernelShape(layer.inChannels, layer.outChannels),
    );
    return winograd.conv(graph, gradient, kernel, layer.inChannels, { sum });
  }
  const kernel = graph.input(
    gradientKernelInput(layer.name),
    kernelShape(layout, layer.outChannels, layer.inChannels),
  );
  return layout.conv(graph, gradient, kernel, layer.inChannels, { sum });
}

/**
 * Gradient to the picture, (1, height, width, 3), through the first convolution.
 *
 * Three output channels would leave most of a block of 16 idle. So one output pixel of this convolution holds the
 * gradients of 2×2 pixels: 12 channels, from a 4×4 window at every second row and column.
 */
export function pictureGradient(graph: ModelBuilder, layout: Layout, layer: ConvLayer, gradient: Features): Tensor {
  const { height, width } = gradient;
  const shape = kernelShape(layout, layer.outChannels, PICTURE_GRADIENT_CHANNELS, PICTURE_GRADIENT_SIDE);
  const quads = layout.conv(
    graph,
    gradient,
    graph.input(gradientKernelInput(layer.name), shape),
    PICTURE_GRADIENT_CHANNELS,
    { side: PICTURE_GRADIENT_SIDE, stride: 2, pads: [1, 1, 1 + height % 2, 1 + width % 2] },
  );
  const planar = layout.toPlanar(graph, quads, PICTURE_GRADIENT_CHANNELS);
  const split = graph.node("Reshape", [planar, graph.ints([2, 2, 3, quads.height, quads.width])]);
  const woven = graph.node("Transpose", [split], { perm: ints(3, 0, 4, 1, 2) });
  const whole = graph.node("Reshape", [woven, graph.ints([1, 2 * quads.height, 2 * quads.width, 3])]);
  return graph.node("Slice", [whole, graph.ints([0, 0]), graph.ints([height, width]), graph.ints([1, 2])]);
}

/** What a max-pool has chosen. */
export interface PoolChoice {
  /** 1 where the input is its window's maximum, else 0. */
  readonly chosen: Features;
  /** A quarter of how many are. */
  readonly share: Features;
}

export function poolChoice(graph: ModelBuilder, layout: Layout, { input, output }: Activation): PoolChoice {
  // The difference is 0 at the maximum, and below 0 elsewhere.
  const chosen = step(graph, layout.windowed(graph, "Sub", input, output), 1);
  return { chosen, share: layout.pool(graph, chosen, "AveragePool", true) };
}

/**
 * Gradient to the input of a max-pool. Where several inputs are the maximum, they share the gradient equally; PyTorch and
 * TensorFlow give it to the first. Both are subgradients; sharing needs no indices and treats a flat sky alike in all
 * directions.
 */
export function maxPoolGradient(
  graph: ModelBuilder,
  layout: Layout,
  { chosen, share }: PoolChoice,
  gradient: Features,
): Features {
  const each = graph.node("Mul", [graph.node("Div", [gradient.tensor, share.tensor]), graph.floats([0.25])]);
  return layout.windowed(graph, "Mul", chosen, like(gradient, each));
}

/** Gradient to the input of an average pool. */
export function averagePoolGradient(
  graph: ModelBuilder,
  layout: Layout,
  { input, output }: Pick<Activation, "input" | "output">,
  gradient: Features,
): Features {
  const { height, width } = input;
  const odd = height % 2 === 1 || width % 2 === 1;
  const scaled = odd
    ? layout.scalePixels(graph, gradient, constantMask(graph, layout, averagePoolShares(input, output)))
    : like(gradient, graph.node("Mul", [gradient.tensor, graph.floats([AVERAGE_POOL_GAIN / 4])]));
  return layout.upsample(graph, scaled, height, width);
}

/** A factor per pixel that is known when the graph is built. */
function constantMask(graph: ModelBuilder, layout: Layout, factors: Float32Array): Tensor {
  return graph.floats(layout.packMask(factors), layout.maskShape(factors.length));
}
