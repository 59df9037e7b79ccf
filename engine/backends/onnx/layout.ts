/**
 * How feature maps lie in memory. A step graph is written once, against this interface; a layout decides how its
 * convolutions and pools are expressed and how kernels are packed for them.
 *
 * @module
 */
import { ints, type ModelBuilder, type Tensor } from "./model.ts";
import type { Winograd } from "./winograd.ts";

/** A feature map in a graph. `channels`, `height` and `width` are logical, whatever the layout. */
export interface Features {
  readonly tensor: Tensor;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/** A packed parameter, as it is fed to a graph. */
export interface Packed {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

export interface ConvOptions {
  readonly bias?: Tensor;
  /** Added to the result before the ReLU. */
  readonly sum?: Features | undefined;
  readonly relu?: boolean;
  /** Side of the kernel; 3 by default. */
  readonly side?: number;
  /** 1 by default. */
  readonly stride?: number;
  /** Rows and columns of zeros: top, left, bottom, right. By default so many that a stride of 1 keeps the size. */
  readonly pads?: readonly [number, number, number, number];
}

export interface Layout {
  /** Convolutions with fewer multiplications, where the layout has them. */
  readonly winograd: Winograd | null;
  /** Shape under which a feature map of the given size is declared to the graph. */
  shape(channels: number, height: number, width: number): readonly number[];
  /** Packs an HWIO kernel. Channels that are no multiple of the layout's block are padded with zeros. */
  packKernel(kernel: Float32Array, side: number, inChannels: number, outChannels: number): Packed;
  packBias(bias: Float32Array): Packed;
  /** Convolution with a packed kernel of `outChannels`. */
  conv(graph: ModelBuilder, x: Features, kernel: Tensor, outChannels: number, options: ConvOptions): Features;
  /** 2×2 stride-2 SAME pool: odd sizes round up. Average pools count only what lies inside unless `countPadding`. */
  pool(graph: ModelBuilder, x: Features, kind: "MaxPool" | "AveragePool", countPadding?: boolean): Features;
  /** `operator` of each value of `large` and the value of `small` whose 2×2 window it lies in. */
  windowed(graph: ModelBuilder, operator: "Sub" | "Mul", large: Features, small: Features): Features;
  /** Repeats every value 2×2, then crops to `height` × `width` (at most one row and column). */
  upsample(graph: ModelBuilder, x: Features, height: number, width: number): Features;
  /** `scale` · FᵀF as a (channels, channels) matrix, F being the features as (height · width, channels). */
  gram(graph: ModelBuilder, x: Features, scale: number): Tensor;
  /** `scale` · the sum of each channel as a (1, channels) row. */
  channelSums(graph: ModelBuilder, x: Features, scale: number): Tensor;
  /** The dot product of two maps' channels at each pixel, as {@linkcode scalePixels} takes it. */
  channelDot(graph: ModelBuilder, a: Features, b: Features): Tensor;
  /** Packs (pixels × channels) values as features. */
  packRows(rows: Float32Array, channels: number): Float32Array;
  /** A symmetric (channels, channels) matrix as the kernel of a 1×1 convolution. */
  symmetricKernel(graph: ModelBuilder, matrix: Tensor, channels: number): Tensor;
  /** The first `channels` of `x` as a planar (1, channels, height, width) tensor. */
  toPlanar(graph: ModelBuilder, x: Features, channels: number): Tensor;
  /** Shape under which a factor per pixel of a map of `area` pixels is declared to the graph. */
  maskShape(area: number): readonly number[];
  /** A factor per pixel as {@linkcode scalePixels} multiplies by it. */
  packMask(mask: Float32Array): Float32Array;
  /** Multiplies every channel of `x` by a packed mask. */
  scalePixels(graph: ModelBuilder, x: Features, mask: Tensor): Features;
}

/** `x` with another tensor of the same size. */
export function like(x: Features, tensor: Tensor): Features {
  return { ...x, tensor };
}

/** Attributes of a convolution of either kind, and the size of its output. */
export function convGeometry(x: Features, { side = 3, stride = 1, pads }: ConvOptions) {
  const same = (side - 1) / 2;
  const [top, left, bottom, right] = pads ?? [same, same, same, same];
  return {
    attributes: { kernel_shape: ints(side, side), strides: ints(stride, stride), pads: ints(top, left, bottom, right) },
    height: Math.floor((x.height + top + bottom - side) / stride) + 1,
    width: Math.floor((x.width + left + right - side) / stride) + 1,
  };
}

/** Attributes of {@linkcode Layout.pool}'s operator. */
export function poolAttributes(x: Features, kind: "MaxPool" | "AveragePool", countPadding: boolean) {
  return {
    kernel_shape: ints(2, 2),
    strides: ints(2, 2),
    pads: ints(0, 0, x.height % 2, x.width % 2),
    ...(kind === "AveragePool" ? { count_include_pad: countPadding ? 1n : 0n } : {}),
  };
}

/**
 * `scale` · the sums over height and width of a map that lies as (outer, height, width, inner), outer · inner being the
 * channels, as a row. Rows are added before columns: one float32 sum over all values would lose the small ones.
 */
export function sumsOf(
  graph: ModelBuilder,
  tensor: Tensor,
  shape: readonly [outer: number, height: number, width: number, inner: number],
  channels: number,
  scale: number,
): Tensor {
  const map = graph.node("Reshape", [tensor, graph.ints(shape)]);
  const columns = graph.node("ReduceSum", [map, graph.ints([1])], { keepdims: 0n });
  const sums = graph.node("ReduceSum", [columns, graph.ints([1])], { keepdims: 0n });
  return graph.node("Mul", [graph.node("Reshape", [sums, graph.ints([1, channels])]), graph.floats([scale])]);
}
