import { areaOf, downscaleMask } from "../../objective/masks.ts";
import { gramOf, MOMENT_ROWS, momentTarget } from "../../objective/moments.ts";
import { LEAST_LENGTH } from "../../objective/neighbors.ts";
import {
  deepestLayer,
  elementCount,
  featureSize,
  gradientFactor,
  gridLayer,
  type Objective,
  type Term,
} from "../../objective/objective.ts";
import { AVERAGE_POOL_GAIN, averagePoolShares } from "../../objective/pooling.ts";
import type { Size } from "../../picture.ts";
import type { ConvLayer } from "../../vgg16.ts";
import type { Activation, Network } from "./network.ts";
import { TensorflowStyleStatistic } from "./style_statistic.ts";
import type { Tensor, Tf } from "./tf.ts";

/** Keeps a vanished gradient from being divided by zero. */
const SMALLEST_NORM = 1e-8;

/** A term with what it needs on the device. */
interface DeviceTerm {
  readonly term: Term;
  readonly target: Tensor;
  /** (1, height, width, 1), or null for the whole picture. */
  readonly mask: Tensor | null;
  /** R of a style term, or null where Gram matrices are compared as they are. */
  readonly whitener: Tensor | null;
  /** `momentTarget()` of a style term, or null where moments are not compared. */
  readonly moments: Tensor | null;
  /** H·W, or Σm² under the mask. */
  readonly area: number;
  readonly channels: number;
  /** Index into the objective's terms. */
  readonly index: number;
}

/** What a step computes; the caller disposes both. */
interface StepResult {
  /** Mean of each term, unweighted: (terms). */
  readonly losses: Tensor;
  /** Of Σ weight · loss with respect to the picture: (1, height, width, 3). */
  readonly gradient: Tensor;
}

/**
 * Network, losses, and the gradient of their weighted sum with respect to the picture, written out layer by layer:
 * TensorFlow.js' own automatic gradient would compute that of the kernels beside it, and keep every intermediate value to
 * the end.
 */
export class Step {
  readonly #tf: Tf;
  readonly #network: Network;
  readonly #objective: Objective;
  readonly #terms: readonly DeviceTerm[];
  readonly #statistic: TensorflowStyleStatistic;
  /** Shares of average pools, by the size of what they take in. */
  readonly #shares = new Map<string, Tensor>();

  constructor(tf: Tf, network: Network, objective: Objective, targets: readonly Float32Array[]) {
    this.#tf = tf;
    this.#network = network;
    this.#objective = objective;
    this.#statistic = new TensorflowStyleStatistic(tf);
    this.#terms = objective.terms.map((term, index) => {
      const { channels } = featureSize(objective.size, term.layer);
      const { width, height } = featureSize(objective.size, gridLayer(term));
      const shape = term.kind === "style" ? [channels, channels] : [1, height, width, channels];
      const comparesMoments = term.kind === "style" && objective.moments === true;
      const target = tf.tensor(comparesMoments ? gramOf(targets[index]!) : targets[index]!, shape);
      const moments = comparesMoments ? tf.tensor(momentTarget(targets[index]!), [MOMENT_ROWS, channels]) : null;
      const factor = objective.whiteners?.get(index);
      const whitener = factor ? tf.tensor(factor, [channels, channels]) : null;
      const device = { term, index, channels, target, whitener, moments };
      if (term.mask === null) return { ...device, mask: null, area: width * height };
      const mask = downscaleMask(objective.masks[term.mask]!, { width, height });
      return { ...device, mask: tf.tensor(mask, [1, height, width, 1]), area: areaOf(mask) };
    });
  }

  /**
   * @param image (1, height, width, 3), RGB, 0–255; left as it is.
   * @param weights One for each term.
   */
  run(image: Tensor, weights: ArrayLike<number>): StepResult {
    const last = deepestLayer(this.#objective.terms.map(({ layer }) => layer));
    const activations = this.#network.forward(image, last, this.#objective.pooling);
    const losses: Tensor[] = [];
    let gradient: Tensor | null = null;
    let above: Activation | null = null;
    for (const activation of activations.toReversed()) {
      gradient = this.#backward(activation, above, gradient, weights, losses);
      above?.output.dispose();
      above = activation;
    }
    const picture = this.#network.convGradient(gradient!, above!.layer as ConvLayer);
    this.#tf.dispose([gradient!, above!.output]);
    const stacked = this.#tf.stack(losses);
    this.#tf.dispose(losses);
    return { losses: stacked, gradient: picture };
  }

  dispose(): void {
    for (const { target, mask, whitener, moments } of this.#terms) {
      this.#tf.dispose([target, mask, whitener, moments].filter((tensor) => tensor !== null));
    }
    this.#tf.dispose([...this.#shares.values()]);
    this.#shares.clear();
  }

  /**
   * One layer down: takes the gradient behind the layer `above` (disposed here), gives that before this layer's ReLU, or
   * behind a pool as it is.
   */
  #backward(
    activation: Activation,
    above: Activation | null,
    gradient: Tensor | null,
    weights: ArrayLike<number>,
    losses: Tensor[],
  ): Tensor {
    const tf = this.#tf;
    const { layer, output } = activation;
    const results = tf.tidy((): readonly Tensor[] => {
      let sum = above && gradient && this.#through(activation, above, gradient);
      if (layer.kind === "pool") return [sum!];
      const made: Tensor[] = [];
      for (const each of this.#terms) {
        if (each.term.layer !== layer.name) continue;
        const { loss, inner } = this.#compare(each, output);
        made.push(loss);
        const scaled = this.#scale(inner, each, weights[each.index]!);
        sum = sum ? tf.add(sum, scaled) : scaled;
      }
      return [tf.mul(sum!, tf.step(output)), ...made];
    });
    gradient?.dispose();
    const here = this.#terms.filter(({ term }) => term.layer === layer.name);
    here.forEach(({ index }, i) => losses[index] = results[i + 1]!);
    return results[0]!;
  }

  /** The gradient behind `below` from that behind or before the layer above it. */
  #through(below: Activation, above: Activation, gradient: Tensor): Tensor {
    if (above.layer.kind === "conv") return this.#network.convGradient(gradient, above.layer);
    if (this.#objective.pooling === "AVERAGE") return this.#averagePoolGradient(below.output, above.output, gradient);
    const attributes = { filterSize: 2, strides: 2, pad: "same" };
    return this.#tf.engine().runKernel(
      "MaxPoolGrad",
      { dy: gradient, input: below.output, output: above.output },
      attributes,
    );
  }

  #averagePoolGradient(below: Tensor, above: Tensor, gradient: Tensor): Tensor {
    const tf = this.#tf;
    const [, height, width, channels] = below.shape as [number, number, number, number];
    const [, rows, columns] = above.shape as [number, number, number, number];
    const name = `${width}×${height}`;
    let shares = this.#shares.get(name);
    if (!shares) {
      const values = averagePoolShares({ height, width }, { height: rows, width: columns });
      shares = tf.keep(tf.tensor(values, [1, rows, columns, 1]));
      this.#shares.set(name, shares);
    }
    const spread = tf.image.resizeNearestNeighbor(tf.mul(gradient, shares), [2 * rows, 2 * columns]);
    if (height === 2 * rows && width === 2 * columns) return spread;
    return tf.slice(spread, [0, 0, 0, 0], [1, height, width, channels]);
  }

  /** Loss, and the gradient behind the layer up to its factor. */
  #compare(each: DeviceTerm, output: Tensor): { loss: Tensor; inner: Tensor } {
    switch (each.term.kind) {
      case "content":
        return this.#content(each, output);
      case "style":
        return this.#style(each, output);
      case "neighbors":
        return this.#neighbors(each, output);
    }
  }

  /** That of 1 − cos is m² (cos F / |F| − T) / |F|, through the pools that the layer is seen through. */
  #neighbors(each: DeviceTerm, output: Tensor): { loss: Tensor; inner: Tensor } {
    const tf = this.#tf;
    const { mask, target } = each;
    const [, rows, columns] = target.shape as [number, number, number, number];
    const pools = coarsened(tf, output, { width: columns, height: rows });
    const x = pools.at(-1)!;
    const dot = (a: Tensor, b: Tensor) => tf.sum(tf.mul(a, b), 3, true);
    const weighTwice = (values: Tensor) => weigh(tf, weigh(tf, values, mask), mask);
    const squares = tf.add(dot(x, x), LEAST_LENGTH);
    const length = tf.sqrt(squares);
    const cosine = tf.div(dot(x, target), length);
    const pull = tf.mul(target, weighTwice(tf.div(tf.scalar(-1), length)));
    let gradient = tf.add(pull, tf.mul(x, weighTwice(tf.div(cosine, squares))));
    for (let i = pools.length - 1; i > 0; i--) {
      gradient = tf.div(this.#averagePoolGradient(pools[i - 1]!, pools[i]!, gradient), AVERAGE_POOL_GAIN);
    }
    return { loss: this.#mean(tf.sum(weighTwice(tf.sub(tf.scalar(1), cosine))), each), inner: gradient };
  }

  /** Loss, and the gradient behind the layer up to its factor: m² (F − P). */
  #content(each: DeviceTerm, output: Tensor): { loss: Tensor; inner: Tensor } {
    const tf = this.#tf;
    const difference = weigh(tf, tf.sub(output, each.target), each.mask);
    return { loss: this.#mean(tf.sum(tf.square(difference)), each), inner: weigh(tf, difference, each.mask) };
  }

  /**
   * Loss, and the gradient behind the layer up to its factor: m (m F) D with D of `StyleComparison`, m (m F D + m F slope +
   * m offset) where moments are compared.
   */
  #style(each: DeviceTerm, output: Tensor): { loss: Tensor; inner: Tensor } {
    const tf = this.#tf;
    const features = tf.reshape(weigh(tf, output, each.mask), [-1, each.channels]);
    const gram = this.#statistic.of(features, each.area);
    const { squares, difference } = this.#statistic.compare(gram, each.target, each.whitener ?? undefined);
    const inner = tf.reshape(tf.matMul(features, difference), output.shape);
    if (!each.moments) return { loss: this.#mean(squares, each), inner: weigh(tf, inner, each.mask) };
    const counted = tf.reshape(features, output.shape);
    const means = this.#statistic.means(weigh(tf, counted, each.mask), each.area);
    const moments = this.#statistic.compareMoments(gram, means, each.moments);
    const pull = tf.add(tf.mul(output, moments.slope), moments.offset);
    const both = tf.add(inner, weigh(tf, pull, each.mask));
    return { loss: this.#mean(tf.add(squares, moments.squares), each), inner: weigh(tf, both, each.mask) };
  }

  #mean(squares: Tensor, { term, channels, area }: DeviceTerm): Tensor {
    return this.#tf.div(squares, elementCount(term, channels, area));
  }

  /** Multiplies by the term's factor, and divides by the L1 norm where gradients are normalised. */
  #scale(inner: Tensor, { term, channels, area }: DeviceTerm, weight: number): Tensor {
    const tf = this.#tf;
    const { normalizeGradients } = this.#objective;
    const factor = weight * gradientFactor(term, channels, area, normalizeGradients);
    if (!normalizeGradients) return tf.mul(inner, factor);
    return tf.mul(inner, tf.div(tf.scalar(factor), tf.add(tf.sum(tf.abs(inner)), SMALLEST_NORM)));
  }
}

/** A map, and its averages over 2×2 values down to the size of `grid`; it alone where it is no finer. */
export function coarsened(tf: Tf, output: Tensor, grid: Size): readonly Tensor[] {
  const pools = [output];
  for (let x = output; x.shape[1]! > grid.height || x.shape[2]! > grid.width; pools.push(x)) {
    x = tf.avgPool(x, 2, 2, "same");
  }
  return pools;
}

function weigh(tf: Tf, x: Tensor, mask: Tensor | null): Tensor {
  return mask ? tf.mul(x, mask) : x;
}
