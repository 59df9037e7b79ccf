import { ints, type ModelBuilder, NCHWC_DOMAIN, type Tensor } from "./model.ts";
import {
  convGeometry,
  type ConvOptions,
  type Features,
  type Layout,
  like,
  type Packed,
  poolAttributes,
  sumsOf,
} from "./layout.ts";
import { Winograd, type WinogradRule } from "./winograd.ts";
import { pooledSize } from "../../vgg16.ts";

/**
 * ONNX Runtime's own layout for convolutions on CPUs: channels in blocks of 8 or 16, the block innermost, so that one
 * block is one vector register. ONNX Runtime moves a graph into it by itself, but leaves it for every operator that it
 * does not know there, at the price of two passes over memory each time. Gradients are full of such operators, so
 * the whole graph is written in blocks from the start: element-wise operators do not care how values are ordered.
 *
 * A tensor of this layout is declared as (1, C, H, W) and lies in memory as (C / block, H, W, block).
 */
export class BlockedLayout implements Layout {
  readonly winograd: Winograd;
  readonly #block: number;

  /**
   * @param block Channels in a block, as `detectBlock()` finds it.
   * @param rule Forces which convolutions are done by Winograd's algorithm, for tests; by default those that gain by it.
   */
  constructor(block: number, rule?: WinogradRule) {
    this.#block = block;
    this.winograd = new Winograd(block, rule);
  }

  shape(channels: number, height: number, width: number): readonly number[] {
    return [1, this.#padded(channels), height, width];
  }

  packKernel(kernel: Float32Array, side: number, inChannels: number, outChannels: number): Packed {
    const block = this.#block;
    const area = side * side;
    // A picture with fewer channels than a block stays planar, and the kernel is blocked by output alone.
    const isPlanar = inChannels < block;
    const inBlock = isPlanar ? 1 : block;
    const paddedIn = isPlanar ? inChannels : this.#padded(inChannels);
    const paddedOut = this.#padded(outChannels);
    const data = new Float32Array(paddedOut * paddedIn * area);
    // From (area, in, out) to (out / block, in / inBlock, area, inBlock, block).
    for (let k = 0; k < area; k++) {
      for (let i = 0; i < inChannels; i++) {
        const [inOuter, inInner] = [Math.floor(i / inBlock), i % inBlock];
        const to = ((inOuter * area + k) * inBlock + inInner) * block;
        const from = (k * inChannels + i) * outChannels;
        for (let o = 0; o < outChannels; o++) {
          const inner = o % block;
          data[(o - inner) * paddedIn * area + to + inner] = kernel[from + o]!;
        }
      }
    }
    return { data, shape: [paddedOut, paddedIn, side, side] };
  }

  packBias(bias: Float32Array): Packed {
    const data = new Float32Array(this.#padded(bias.length));
    data.set(bias);
    return { data, shape: [data.length] };
  }

  conv(graph: ModelBuilder, x: Features, kernel: Tensor, outChannels: number, options: ConvOptions): Features {
    const { attributes, height, width } = convGeometry(x, options);
    const inputs = [x.tensor, kernel, options.bias ?? "", options.sum?.tensor ?? ""];
    while (inputs.at(-1) === "") inputs.pop();
    const tensor = graph.node("Conv", inputs, {
      ...attributes,
      ...(options.relu ? { activation: "Relu" } : {}),
    }, NCHWC_DOMAIN);
    return { tensor, channels: outChannels, height, width };
  }

  pool(graph: ModelBuilder, x: Features, kind: "MaxPool" | "AveragePool", countPadding = false): Features {
    const tensor = graph.node(kind, [x.tensor], poolAttributes(x, kind, countPadding), NCHWC_DOMAIN);
    return { tensor, channels: x.channels, height: pooledSize(x.height), width: pooledSize(x.width) };
  }

  windowed(graph: ModelBuilder, operator: "Sub" | "Mul", large: Features, small: Features): Features {
    if (large.height % 2 === 1 || large.width % 2 === 1) {
      const repeated = this.upsample(graph, small, large.height, large.width);
      return like(large, graph.node(operator, [large.tensor, repeated.tensor]));
    }
    // Broadcasting repeats without writing the repetition to memory.
    const rows = (this.#padded(large.channels) / this.#block) * small.height;
    const windows = graph.node("Reshape", [large.tensor, graph.ints([rows, 2, small.width, 2, this.#block])]);
    const values = graph.node("Reshape", [small.tensor, graph.ints([rows, 1, small.width, 1, this.#block])]);
    const result = graph.node(operator, [windows, values]);
    return like(
      large,
      graph.node("Reshape", [result, graph.ints(this.shape(large.channels, large.height, large.width))]),
    );
  }

  upsample(graph: ModelBuilder, x: Features, height: number, width: number): Features {
    let tensor = graph.node("Upsample", [x.tensor], { scales: ints(1, 1, 2, 2) }, NCHWC_DOMAIN);
    if (height !== 2 * x.height || width !== 2 * x.width) {
      const blocks = this.#padded(x.channels) / this.#block;
      tensor = graph.node("Reshape", [tensor, graph.ints([blocks, 2 * x.height, 2 * x.width, this.#block])]);
      tensor = graph.node("Slice", [tensor, graph.ints([0, 0]), graph.ints([height, width]), graph.ints([1, 2])]);
      tensor = graph.node("Reshape", [tensor, graph.ints(this.shape(x.channels, height, width))]);
    }
    return { tensor, channels: x.channels, height, width };
  }

  gram(graph: ModelBuilder, x: Features, scale: number): Tensor {
    const rows = graph.node(
      "ReorderOutput",
      [x.tensor],
      { channels: BigInt(x.channels), channels_last: 1n },
      NCHWC_DOMAIN,
    );
    const matrix = graph.node("Reshape", [rows, graph.ints([x.height * x.width, x.channels])]);
    return graph.node("Gemm", [matrix, matrix], { alpha: scale, transA: 1n });
  }

  channelSums(graph: ModelBuilder, x: Features, scale: number): Tensor {
    const blocks = x.channels / this.#block;
    return sumsOf(graph, x.tensor, [blocks, x.height, x.width, this.#block], x.channels, scale);
  }

  channelDot(graph: ModelBuilder, a: Features, b: Features): Tensor {
    const area = a.height * a.width;
    const products = graph.node("Mul", [a.tensor, b.tensor]);
    const rows = graph.node("Reshape", [products, graph.ints([a.channels / this.#block, area, this.#block])]);
    const blocks = graph.node("ReduceSum", [rows, graph.ints([0])], { keepdims: 0n });
    const sums = graph.node("ReduceSum", [blocks, graph.ints([1])], { keepdims: 1n });
    const repeated = graph.node("Expand", [sums, graph.ints([area, this.#block])]);
    return graph.node("Reshape", [repeated, graph.ints(this.maskShape(area))]);
  }

  packRows(rows: Float32Array, channels: number): Float32Array {
    const block = this.#block;
    const area = rows.length / channels;
    const data = new Float32Array(rows.length);
    for (let pixel = 0; pixel < area; pixel++) {
      for (let c = 0; c < channels; c += block) {
        data.set(rows.subarray(pixel * channels + c, pixel * channels + c + block), (c * area) + pixel * block);
      }
    }
    return data;
  }

  symmetricKernel(graph: ModelBuilder, matrix: Tensor, channels: number): Tensor {
    const blocks = channels / this.#block;
    const split = graph.node("Reshape", [matrix, graph.ints([blocks, this.#block, blocks, this.#block])]);
    const packed = graph.node("Transpose", [split], { perm: ints(2, 0, 1, 3) });
    return graph.node("Reshape", [packed, graph.ints([channels, channels, 1, 1])]);
  }

  toPlanar(graph: ModelBuilder, x: Features, channels: number): Tensor {
    return graph.node("ReorderOutput", [x.tensor], { channels: BigInt(channels) }, NCHWC_DOMAIN);
  }

  maskShape(area: number): readonly number[] {
    return [1, area * this.#block];
  }

  packMask(mask: Float32Array): Float32Array {
    const data = new Float32Array(mask.length * this.#block);
    for (let i = 0; i < mask.length; i++) data.fill(mask[i]!, i * this.#block, (i + 1) * this.#block);
    return data;
  }

  scalePixels(graph: ModelBuilder, x: Features, mask: Tensor): Features {
    const blocks = this.#padded(x.channels) / this.#block;
    const rows = graph.node("Reshape", [x.tensor, graph.ints([blocks, x.height * x.width * this.#block])]);
    const scaled = graph.node("Mul", [rows, mask]);
    return like(x, graph.node("Reshape", [scaled, graph.ints(this.shape(x.channels, x.height, x.width))]));
  }

  #padded(channels: number): number {
    return Math.ceil(channels / this.#block) * this.#block;
  }
}
