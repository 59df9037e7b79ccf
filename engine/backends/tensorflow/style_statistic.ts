import type { StyleComparison, StyleStatistic } from "../../objective/style_statistic.ts";
import type { Tensor, Tf } from "./tf.ts";

/** Gram matrices and their comparison in TensorFlow's operations. Features are (…, channels). */
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

  compare(gram: Tensor, target: Tensor, whitener: Tensor | undefined): StyleComparison<Tensor, Tensor> {
    const tf = this.#tf;
    const difference = tf.sub(gram, target);
    if (!whitener) return { squares: tf.sum(tf.square(difference)), difference };
    const whitened = tf.matMul(tf.matMul(whitener, difference), whitener, false, true);
    const back = tf.matMul(whitener, tf.matMul(whitened, whitener), true);
    return { squares: tf.sum(tf.square(whitened)), difference: back };
  }
}
