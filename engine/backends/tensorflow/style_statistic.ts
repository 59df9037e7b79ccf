import type { MomentComparison } from "../../objective/moments.ts";
import type { StyleComparison, StyleStatistic } from "../../objective/style_statistic.ts";
import type { Tensor, Tf } from "./tf.ts";

/** Gram matrices, moments and their comparison in TensorFlow's operations. Features are (…, channels). */
export class TensorflowStyleStatistic implements StyleStatistic<Tensor, Tensor, Tensor> {
  readonly #tf: Tf;

  constructor(tf: Tf) {
    this.#tf = tf;
  }

  of(features: Tensor, area: number): Tensor {
    const channels = features.shape.at(-1)!;
    const rows = this.#tf.reshape(features, [-1, channels]);
    return this.#tf.mul(this.#tf.matMul(rows, rows, true, false), 1 / (area * channels));
  }

  means(features: Tensor, area: number): Tensor {
    const channels = features.shape.at(-1)!;
    const rows = this.#tf.reshape(features, [-1, channels]);
    return this.#tf.mul(this.#tf.sum(rows, 0, true), 1 / area);
  }

  compare(gram: Tensor, target: Tensor, whitener: Tensor | undefined): StyleComparison<Tensor, Tensor> {
    const tf = this.#tf;
    const difference = tf.sub(gram, target);
    if (!whitener) return { squares: tf.sum(tf.square(difference)), difference };
    const whitened = tf.matMul(tf.matMul(whitener, difference), whitener, false, true);
    const back = tf.matMul(whitener, tf.matMul(whitened, whitener), true);
    return { squares: tf.sum(tf.square(whitened)), difference: back };
  }

  compareMoments(gram: Tensor, means: Tensor, target: Tensor): MomentComparison<Tensor, Tensor> {
    const tf = this.#tf;
    const channels = gram.shape[0]!;
    const row = (index: number) => tf.slice(target, [index, 0], [1, channels]);
    const [wantedMeans, wantedDeviations, epsilon, factor] = [0, 1, 2, 3].map(row) as [Tensor, Tensor, Tensor, Tensor];
    // One value more in each row, and the diagonal is the first column.
    const flat = tf.pad(tf.reshape(gram, [channels * channels]), [[0, channels]]);
    const diagonal = tf.slice(tf.reshape(flat, [channels, channels + 1]), [0, 0], [channels, 1]);
    const meanSquares = tf.mul(tf.reshape(diagonal, [1, channels]), channels);
    const variances = tf.relu(tf.sub(meanSquares, tf.square(means)));
    const deviations = tf.sqrt(tf.add(variances, epsilon));
    const [meanShift, shift] = [tf.sub(means, wantedMeans), tf.sub(deviations, wantedDeviations)];
    const squares = tf.sum(tf.mul(factor, tf.add(tf.square(meanShift), tf.square(shift))));
    const half = tf.mul(factor, channels / 2);
    const slope = tf.mul(half, tf.div(shift, deviations));
    return { squares, slope, offset: tf.sub(tf.mul(half, meanShift), tf.mul(slope, means)) };
  }
}
