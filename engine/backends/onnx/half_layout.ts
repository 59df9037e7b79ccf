import { type ConvOptions, type Features, type Layout, like } from "./layout.ts";
import type { ModelBuilder, Tensor } from "./model.ts";
import { PlanarLayout } from "./planar_layout.ts";

/** TensorProto's number for float16. */
const FLOAT16 = 10n;
const FLOAT32 = 1n;

/**
 * Features are held 64 times smaller than they are: VGG16's reach tens of thousands, float16 ends at 65504. Up to biases
 * the network is homogeneous, so it is enough to scale the picture and the biases; and 64 is a power of two, so nothing
 * is rounded by it.
 */
const SCALE = 1 / 64;

/**
 * Planar features of 16 bits, half the memory traffic of float32 and the fast way through a GPU's convolutions. Gradients
 * have 16 bits too, and are multiplied by a scale that `gradient_scale.ts` finds, for the small ones not to vanish.
 */
export class HalfLayout extends PlanarLayout {
  override readonly name: string = "half";
  override readonly exact: Layout = new PlanarLayout();
  /** float16's largest number: features below 1/65504 of it are not told from 0 any more. */
  override readonly steepest: number = 65504;

  override enter(graph: ModelBuilder, x: Features): Features {
    return like(x, half(graph, graph.node("Mul", [x.tensor, graph.floats([SCALE])])));
  }

  override leave(graph: ModelBuilder, x: Features): Features {
    return like(x, graph.node("Mul", [this.widen(graph, x.tensor), graph.floats([1 / SCALE])]));
  }

  override conv(graph: ModelBuilder, x: Features, kernel: Tensor, channels: number, options: ConvOptions): Features {
    const { bias } = options;
    const scaled = bias && { bias: half(graph, graph.node("Mul", [bias, graph.floats([SCALE])])) };
    return super.conv(graph, x, half(graph, kernel), channels, { ...options, ...scaled });
  }

  override constant(graph: ModelBuilder, values: ArrayLike<number>, shape?: readonly number[]): Tensor {
    return half(graph, super.constant(graph, values, shape));
  }

  override narrow(graph: ModelBuilder, tensor: Tensor): Tensor {
    return half(graph, tensor);
  }

  override widen(graph: ModelBuilder, tensor: Tensor): Tensor {
    return graph.node("Cast", [tensor], { to: FLOAT32 });
  }
}

function half(graph: ModelBuilder, tensor: Tensor): Tensor {
  return graph.node("Cast", [tensor], { to: FLOAT16 });
}
