import type { Backend, EngineInfo, Evaluation, Evaluator, Target } from "../backend.ts";
import { areaOf, downscaleMask } from "../../objective/masks.ts";
import { type Places, placeSize } from "../../objective/neighbors.ts";
import { deepestLayer, type Mask, type Objective } from "../../objective/objective.ts";
import type { DeviceOptimizer } from "../device_optimizer.ts";
import type { OptimizerOptions, Pooling } from "../../options/options.ts";
import type { OptimizerState } from "../../optimizers/optimizer.ts";
import type { Pixels, Size } from "../../picture.ts";
import { DEFAULT_PRECISION, type Precision } from "../precision.ts";
import type { Vgg16Parameters } from "../../vgg16.ts";
import { TensorflowAdam } from "./adam.ts";
import { classify } from "./classifier.ts";
import { Network } from "./network.ts";
import { openRuntime, type Runtime } from "./runtime.ts";
import { coarsened, Step } from "./step.ts";
import { TensorflowStyleStatistic } from "./style_statistic.ts";
import type { Tensor, Tf } from "./tf.ts";

/** Dot products that a search of neighbours holds at a time: 16 MiB. */
const PRODUCTS = 2 ** 22;

/** TensorFlow as a backend: CUDA where it sees a GPU, the CPU otherwise. */
export class TensorflowBackend implements Backend {
  readonly info: EngineInfo;
  readonly #tf: Tf;
  readonly #parameters: Vgg16Parameters;
  readonly #network: Network;

  private constructor({ tf, info }: Runtime, parameters: Vgg16Parameters) {
    this.info = info;
    this.#tf = tf;
    this.#parameters = parameters;
    this.#network = new Network(tf, parameters);
  }

  /** @throws {Error} naming what is missing. */
  static async open(
    parameters: Vgg16Parameters,
    precision: Precision = DEFAULT_PRECISION,
  ): Promise<TensorflowBackend> {
    return new TensorflowBackend(await openRuntime(precision), parameters);
  }

  features(pixels: Pixels, size: Size, layers: readonly string[], pooling: Pooling): Promise<Map<string, Target>> {
    return this.#statistics(pixels, size, layers, pooling, (output) => output);
  }

  grams(
    pixels: Pixels,
    size: Size,
    layers: readonly string[],
    pooling: Pooling,
    mask: Mask | null = null,
    moments = false,
  ): Promise<Map<string, Target>> {
    const tf = this.#tf;
    return this.#statistics(pixels, size, layers, pooling, (output) => {
      const [, height, width] = output.shape as [number, number, number, number];
      const values = mask && downscaleMask(mask, { width, height });
      const factor = values && tf.tensor(values, [1, height, width, 1]);
      const weigh = (x: Tensor) => factor ? tf.mul(x, factor) : x;
      const counted = weigh(output);
      const area = values ? areaOf(values) : height * width;
      const statistic = new TensorflowStyleStatistic(tf);
      const gram = statistic.of(counted, area);
      return moments ? tf.concat([gram, statistic.means(weigh(counted), area)], 0) : gram;
    });
  }

  places(pixels: Pixels, size: Size, layers: readonly string[], pooling: Pooling): Promise<Places> {
    const tf = this.#tf;
    const grid = placeSize(size);
    return this.#statistics(pixels, size, layers, pooling, (output) => {
      const channels = output.shape.at(-1)!;
      const x = refined(tf, coarsened(tf, output, grid).at(-1)!, grid, channels);
      return tf.reshape(x, [grid.width * grid.height, channels]);
    });
  }

  async nearest(queries: Float32Array, candidates: Float32Array, length: number): Promise<Int32Array> {
    const tf = this.#tf;
    const [count, choices] = [queries.length / length, candidates.length / length];
    const rows = Math.max(1, Math.floor(PRODUCTS / choices));
    const all = tf.tensor(candidates, [choices, length]);
    const found = new Int32Array(count);
    try {
      for (let from = 0; from < count; from += rows) {
        const to = Math.min(count, from + rows);
        const part = queries.slice(from * length, to * length);
        const indices = tf.tidy(() => tf.argMax(tf.matMul(tf.tensor(part, [to - from, length]), all, false, true), 1));
        found.set(await indices.data(), from);
        indices.dispose();
      }
      return found;
    } finally {
      all.dispose();
    }
  }

  compile(objective: Objective, targets: readonly Target[]): Promise<TensorflowEvaluator> {
    const step = new Step(this.#tf, this.#network, objective, targets);
    return Promise.resolve(new TensorflowEvaluator(this.#tf, this.#network, step, objective.size));
  }

  classify(pixels: Pixels): Promise<Float32Array> {
    return classify(this.#tf, this.#network, this.#parameters, pixels);
  }

  close(): Promise<void> {
    this.#network.dispose();
    return Promise.resolve();
  }

  async #statistics(
    pixels: Pixels,
    size: Size,
    layers: readonly string[],
    pooling: Pooling,
    statistic: (output: Tensor) => Tensor,
  ): Promise<Map<string, Target>> {
    if (layers.length === 0) return new Map();
    const tf = this.#tf;
    const tensors = tf.tidy(() => {
      const activations = this.#network.forward(this.#network.image(pixels, size), deepestLayer(layers), pooling);
      const wanted = activations.filter(({ layer }) => layers.includes(layer.name));
      return Object.fromEntries(wanted.map(({ layer, output }) => [layer.name, statistic(output)]));
    });
    try {
      const entries = Object.entries(tensors);
      const values = await Promise.all(entries.map(([, tensor]) => tensor.data()));
      return new Map(entries.map(([layer], i) => [layer, values[i]!]));
    } finally {
      tf.dispose(Object.values(tensors));
    }
  }
}

/** A map that is coarser than `grid`, each value repeated for its places; as it is where it is not. */
function refined(tf: Tf, x: Tensor, grid: Size, channels: number): Tensor {
  const [, rows, columns] = x.shape as [number, number, number, number];
  if (rows >= grid.height && columns >= grid.width) return x;
  // Of conv5, in two steps, the first of which ends at conv4's size.
  const half = { width: Math.ceil(grid.width / 2), height: Math.ceil(grid.height / 2) };
  const near = refined(tf, x, half, channels);
  const [, nearRows, nearColumns] = near.shape as [number, number, number, number];
  const spread = tf.image.resizeNearestNeighbor(near, [2 * nearRows, 2 * nearColumns]);
  return tf.slice(spread, [0, 0, 0, 0], [1, grid.height, grid.width, channels]);
}

/** An objective on the device. */
class TensorflowEvaluator implements Evaluator {
  readonly #tf: Tf;
  readonly #network: Network;
  readonly #step: Step;
  readonly #size: Size;

  constructor(tf: Tf, network: Network, step: Step, size: Size) {
    this.#tf = tf;
    this.#network = network;
    this.#step = step;
    this.#size = size;
  }

  async evaluate(pixels: Pixels, weights: ArrayLike<number>): Promise<Evaluation> {
    const image = this.#network.image(pixels, this.#size);
    const { losses, gradient } = this.#step.run(image, weights);
    try {
      const [means, values] = await Promise.all([losses.data(), gradient.data()]);
      return { losses: Float64Array.from(means), gradient: values };
    } finally {
      this.#tf.dispose([image, losses, gradient]);
    }
  }

  adam(options: OptimizerOptions, state: OptimizerState): Promise<DeviceOptimizer> {
    return Promise.resolve(new TensorflowAdam(this.#tf, this.#network, this.#step, this.#size, options, state));
  }

  dispose(): Promise<void> {
    this.#step.dispose();
    return Promise.resolve();
  }
}
