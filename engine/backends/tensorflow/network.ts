import { AVERAGE_POOL_GAIN } from "../../objective/pooling.ts";
import type { Pooling } from "../../options/options.ts";
import type { Pixels, Size } from "../../picture.ts";
import { CONV_LAYERS, type ConvLayer, layersUpTo, type PoolLayer, type Vgg16Parameters } from "../../vgg16.ts";
import type { Tensor, Tf } from "./tf.ts";

/** A layer with what it gave out: (1, height, width, channels). */
export interface Activation {
  readonly layer: ConvLayer | PoolLayer;
  readonly output: Tensor;
}

/** VGG16 on the device. Parameters move there when they are first used, and stay. */
export class Network {
  readonly #tf: Tf;
  readonly #parameters: Vgg16Parameters;
  readonly #kept = new Map<string, Tensor>();

  constructor(tf: Tf, parameters: Vgg16Parameters) {
    this.#tf = tf;
    this.#parameters = parameters;
  }

  /** The picture as a tensor (1, height, width, 3), RGB, 0–255. The caller disposes it. */
  image(pixels: Pixels, size: Size): Tensor {
    return this.#tf.tensor(pixels, [1, size.height, size.width, 3]);
  }

  /** The layers up to `last`, in order. The caller disposes their outputs. */
  forward(image: Tensor, last: string, pooling: Pooling): Activation[] {
    const tf = this.#tf;
    const activations: Activation[] = [];
    let x = tf.sub(image, this.#mean());
    for (const layer of layersUpTo(last)) {
      const input = x;
      x = layer.kind === "pool" ? this.pool(input, pooling) : this.#conv(input, layer);
      if (activations.length === 0) input.dispose();
      activations.push({ layer, output: x });
    }
    return activations;
  }

  /** 2×2 stride-2 SAME pool: odd sizes round up, and averages count only what lies inside. */
  pool(x: Tensor, pooling: Pooling): Tensor {
    const tf = this.#tf;
    if (pooling === "MAX") return tf.maxPool(x, 2, 2, "same");
    return tf.tidy(() => tf.mul(tf.avgPool(x, 2, 2, "same"), AVERAGE_POOL_GAIN));
  }

  /** Gradient to the input of a 3×3 SAME convolution: again a convolution, with the kernel rotated by 180°. */
  convGradient(gradient: Tensor, layer: ConvLayer): Tensor {
    const filter = this.#keep(`${layer.name}.gradient`, () => {
      const rotated = this.#tf.reverse(this.#kernel(layer), [0, 1]);
      return this.#tf.transpose(rotated, [0, 1, 3, 2]);
    });
    return this.#tf.fused.conv2d({ x: gradient, filter, strides: 1, pad: "same" });
  }

  dispose(): void {
    this.#tf.dispose([...this.#kept.values()]);
    this.#kept.clear();
  }

  #conv(x: Tensor, layer: ConvLayer): Tensor {
    const bias = this.#keep(
      `${layer.name}.bias`,
      () => this.#tf.tensor(this.#convParameters(layer).bias, [layer.outChannels]),
    );
    return this.#tf.fused.conv2d({ x, filter: this.#kernel(layer), strides: 1, pad: "same", bias, activation: "relu" });
  }

  #kernel(layer: ConvLayer): Tensor {
    return this.#keep(layer.name, () => {
      const { kernel } = this.#convParameters(layer);
      const filter = this.#tf.tensor(kernel, [3, 3, layer.inChannels, layer.outChannels]);
      // The picture is RGB, VGG16 wants BGR: the first kernel's input channels change places, so that no pixel has to.
      return layer === CONV_LAYERS[0] ? this.#tf.reverse(filter, [2]) : filter;
    });
  }

  #mean(): Tensor {
    return this.#keep(
      "mean",
      () => this.#tf.tensor(Float32Array.from(this.#parameters.inputMean).reverse(), [1, 1, 1, 3]),
    );
  }

  #convParameters(layer: ConvLayer) {
    const parameters = this.#parameters.convs.get(layer.name);
    if (!parameters) throw new RangeError(`Cannot compute ${layer.name}: the parameters have no such layer`);
    return parameters;
  }

  /** Makes a tensor once. The call may stand inside a `tidy()`, whose end the tensor outlives. */
  #keep(name: string, make: () => Tensor): Tensor {
    const known = this.#kept.get(name);
    if (known) return known;
    const tensor = this.#tf.keep(this.#tf.tidy(make));
    this.#kept.set(name, tensor);
    return tensor;
  }
}
