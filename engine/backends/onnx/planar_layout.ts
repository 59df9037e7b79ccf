import { type ModelBuilder, type Tensor } from "./model.ts";
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
import { pooledSize } from "../../vgg16.ts";

/** Standard ONNX: (1, C, H, W). For processors that ONNX Runtime has no blocked convolutions for. */
export class PlanarLayout implements Layout {
  readonly winograd = null;

  shape(channels: number, height: number, width: number): readonly number[] {
    return [1, channels, height, width];
  }

  packKernel(kernel: Float32Array, side: number, inChannels: number, outChannels: number): Packed {
    const area = side * side;
    const data = new Float32Array(kernel.length);
    for (let k = 0; k < area; k++) {
      for (let i = 0; i < inChannels; i++) {
        for (let o = 0; o < outChannels; o++) {
          data[(o * inChannels + i) * area + k] = kernel[(k * inChannels + i) * outChannels + o]!;
        }
      }
    }
    return { data, shape: [outChannels, inChannels, side, side] };
  }

  packBias(bias: Float32Array): Packed {
    return { data: bias, shape: [bias.length] };
  }

  conv(graph: ModelBuilder, x: Features, kernel: Tensor, outChannels: number, options: ConvOptions): Features {
    const { attributes, height, width } = convGeometry(x, options);
    const inputs = options.bias === undefined ? [x.tensor, kernel] : [x.tensor, kernel, options.bias];
    let tensor = graph.node("Conv", inputs, attributes);
    if (options.sum) tensor = graph.node("Add", [tensor, options.sum.tensor]);
    if (options.relu) tensor = graph.node("Relu", [tensor]);
    return { tensor, channels: outChannels, height, width };
  }

  pool(graph: ModelBuilder, x: Features, kind: "MaxPool" | "AveragePool", countPadding = false): Features {
    const tensor = graph.node(kind, [x.tensor], poolAttributes(x, kind, countPadding));
    return { tensor, channels: x.channels, height: pooledSize(x.height), width: pooledSize(x.width) };
  }

  windowed(graph: ModelBuilder, operator: "Sub" | "Mul", large: Features, small: Features): Features {
    const repeated = this.upsample(graph, small, large.height, large.width);
    return like(large, graph.node(operator, [large.tensor, repeated.tensor]));
  }

  upsample(graph: ModelBuilder, x: Features, height: number, width: number): Features {
    let tensor = graph.node("Resize", [x.tensor, "", graph.floats([1, 1, 2, 2], [4])], {
      mode: "nearest",
      coordinate_transformation_mode: "asymmetric",
      nearest_mode: "floor",
    });
    if (height !== 2 * x.height || width !== 2 * x.width) {
      tensor = graph.node("Slice", [tensor, graph.ints([0, 0]), graph.ints([height, width]), graph.ints([2, 3])]);
    }
    return { tensor, channels: x.channels, height, width };
  }

  gram(graph: ModelBuilder, x: Features, scale: number): Tensor {
    const matrix = graph.node("Reshape", [x.tensor, graph.ints([x.channels, x.height * x.width])]);
    return graph.node("Gemm", [matrix, matrix], { alpha: scale, transB: 1n });
  }

  channelSums(graph: ModelBuilder, x: Features, scale: number): Tensor {
    return sumsOf(graph, x.tensor, [x.channels, x.height, x.width, 1], x.channels, scale);
  }

  channelDot(graph: ModelBuilder, a: Features, b: Features): Tensor {
    const products = graph.node("Mul", [a.tensor, b.tensor]);
    const rows = graph.node("Reshape", [products, graph.ints([a.channels, a.height * a.width])]);
    return graph.node("ReduceSum", [rows, graph.ints([0])], { keepdims: 1n });
  }

  packRows(rows: Float32Array, channels: number): Float32Array {
    const area = rows.length / channels;
    return rows.map((_, at) => rows[(at % area) * channels + Math.floor(at / area)]!);
  }

  symmetricKernel(graph: ModelBuilder, matrix: Tensor, channels: number): Tensor {
    return graph.node("Reshape", [matrix, graph.ints([channels, channels, 1, 1])]);
  }

  toPlanar(_graph: ModelBuilder, x: Features, _channels: number): Tensor {
    return x.tensor;
  }

  maskShape(area: number): readonly number[] {
    return [1, area];
  }

  packMask(mask: Float32Array): Float32Array {
    return mask;
  }

  scalePixels(graph: ModelBuilder, x: Features, mask: Tensor): Features {
    const rows = graph.node("Reshape", [x.tensor, graph.ints([x.channels, x.height * x.width])]);
    const scaled = graph.node("Mul", [rows, mask]);
    return like(x, graph.node("Reshape", [scaled, graph.ints(this.shape(x.channels, x.height, x.width))]));
  }
}
