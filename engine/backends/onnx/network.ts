/**
 * VGG16 as an ONNX graph, from the picture to a layer.
 *
 * @module
 */
import type { Pooling } from "../../options/options.ts";
import type { Size } from "../../picture.ts";
import { AVERAGE_POOL_GAIN } from "../../objective/pooling.ts";
import { type ConvLayer, layersUpTo, type PoolLayer } from "../../vgg16.ts";
import { type Features, type Layout, like } from "./layout.ts";
import { ints, type ModelBuilder } from "./model.ts";

/** Names under which a graph takes its inputs. */
export const IMAGE = "image";
export const MEAN = "mean";
export function kernelInput(layer: string): string {
  return `${layer}.kernel`;
}
export function biasInput(layer: string): string {
  return `${layer}.bias`;
}
/** The kernel of the gradient: rotated by 180°, its channels swapped. */
export function gradientKernelInput(layer: string): string {
  return `${layer}.gradient`;
}

/** The two as Winograd's algorithm takes them. */
export function winogradInput(layer: string): string {
  return `${layer}.winograd`;
}
export function gradientWinogradInput(layer: string): string {
  return `${layer}.gradient.winograd`;
}

/** The gradient to the picture comes four pixels at a time, see `pictureGradient()`. */
export const PICTURE_GRADIENT_CHANNELS = 12;
export const PICTURE_GRADIENT_SIDE = 4;

/** A layer of the network, with what it took in and what it gives out. */
export interface Activation {
  readonly layer: ConvLayer | PoolLayer;
  readonly input: Features;
  readonly output: Features;
}

/** Declares what `forward()` feeds on and adds the layers up to `last`, in order. */
export function forward(graph: ModelBuilder, layout: Layout, size: Size, last: string, pooling: Pooling): Activation[] {
  graph.input(IMAGE, [1, size.height, size.width, 3]);
  graph.input(MEAN, [1, 3, 1, 1]);
  const planar = graph.node("Transpose", [IMAGE], { perm: ints(0, 3, 1, 2) });
  let x: Features = { ...size, tensor: graph.node("Sub", [planar, MEAN]), channels: 3 };
  return layersUpTo(last).map((layer) => {
    const input = x;
    x = layer.kind === "pool" ? pool(graph, layout, input, pooling) : convolved(graph, layout, layer, input);
    return { layer, input, output: x };
  });
}

function convolved(graph: ModelBuilder, layout: Layout, layer: ConvLayer, x: Features): Features {
  const { name, inChannels, outChannels } = layer;
  const { winograd } = layout;
  const options = { bias: graph.input(biasInput(name), [outChannels]), relu: true };
  if (winograd?.suits("forward", x, outChannels)) {
    const kernel = graph.input(winogradInput(name), winograd.kernelShape(inChannels, outChannels));
    return winograd.conv(graph, x, kernel, outChannels, options);
  }
  const kernel = graph.input(kernelInput(name), kernelShape(layout, inChannels, outChannels));
  return layout.conv(graph, x, kernel, outChannels, options);
}

/** Declared shape of a packed kernel. */
export function kernelShape(layout: Layout, inChannels: number, outChannels: number, side = 3): readonly number[] {
  const declared = (channels: number) => layout.shape(channels, 1, 1)[1]!;
  return [declared(outChannels), inChannels === 3 ? 3 : declared(inChannels), side, side];
}

/** Adds a pool of the asked kind. */
export function pool(graph: ModelBuilder, layout: Layout, x: Features, pooling: Pooling): Features {
  if (pooling === "MAX") return layout.pool(graph, x, "MaxPool");
  const mean = layout.pool(graph, x, "AveragePool");
  return like(mean, graph.node("Mul", [mean.tensor, graph.floats([AVERAGE_POOL_GAIN])]));
}
