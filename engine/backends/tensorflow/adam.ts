import type { DeviceOptimizer, DeviceStep } from "../device_optimizer.ts";
import type { OptimizerOptions } from "../../options/options.ts";
import { adamRates } from "../../optimizers/adam.ts";
import type { OptimizerState } from "../../optimizers/optimizer.ts";
import type { Pixels, Size } from "../../picture.ts";
import type { Network } from "./network.ts";
import type { Step } from "./step.ts";
import type { Tensor, Tf } from "./tf.ts";

/** Picture and moments: (1, height, width, 3) each. */
interface Moving {
  readonly pixels: Tensor;
  readonly first: Tensor;
  readonly second: Tensor;
}

/** Adam in TensorFlow.js' operations. */
export class TensorflowAdam implements DeviceOptimizer {
  readonly #tf: Tf;
  readonly #step: Step;
  readonly #size: Size;
  readonly #options: OptimizerOptions;
  #moving: Moving;
  #count: number;

  constructor(
    tf: Tf,
    network: Network,
    step: Step,
    size: Size,
    options: OptimizerOptions,
    { numbers, arrays }: OptimizerState,
  ) {
    this.#tf = tf;
    this.#step = step;
    this.#size = size;
    this.#options = options;
    const zeros = new Float32Array(3 * size.width * size.height);
    this.#moving = {
      pixels: network.image(arrays["pixels"]!, size),
      first: network.image(arrays["first"] ?? zeros, size),
      second: network.image(arrays["second"] ?? zeros, size),
    };
    this.#count = numbers["step"] ?? 0;
  }

  async step(weights: ArrayLike<number>, tvWeight: number, learningRate: number): Promise<DeviceStep> {
    const tf = this.#tf;
    const evaluated = this.#step.run(this.#moving.pixels, weights);
    const { report, ...moved } = tf.tidy(() => {
      const tv = totalVariation(tf, this.#moving.pixels, this.#size, tvWeight);
      const gradient = tv.gradient ? tf.add(evaluated.gradient, tv.gradient) : evaluated.gradient;
      // Infinite or NaN where any value of the gradient is.
      const norm = tf.reshape(tf.sum(tf.abs(gradient)), [1]);
      const report = tf.concat([evaluated.losses, tf.reshape(tv.sum, [1]), norm], 0);
      return { ...this.#move(gradient, learningRate), report };
    });
    tf.dispose([evaluated.losses, evaluated.gradient]);
    try {
      const values = await report.data();
      const finite = values.every(Number.isFinite);
      if (finite) {
        this.#replace(moved);
        this.#count++;
      } else tf.dispose(Object.values(moved));
      const count = 3 * this.#size.width * this.#size.height;
      return { losses: Float64Array.from(values.subarray(0, -2)), tv: values.at(-2)! / count, finite };
    } finally {
      report.dispose();
    }
  }

  pixels(): Promise<Pixels> {
    return this.#moving.pixels.data();
  }

  async state(): Promise<OptimizerState> {
    const { pixels, first, second } = this.#moving;
    const [x, m, v] = await Promise.all([pixels.data(), first.data(), second.data()]);
    return { numbers: { step: this.#count }, arrays: { pixels: x!, first: m!, second: v! } };
  }

  dispose(): void {
    this.#tf.dispose(Object.values(this.#moving));
  }

  #move(gradient: Tensor, learningRate: number): { pixels: Tensor; first: Tensor; second: Tensor } {
    const tf = this.#tf;
    const { beta1, beta2, epsilon } = this.#options;
    const { rate, correction } = adamRates(this.#options, this.#count + 1, learningRate);
    const first = tf.add(tf.mul(this.#moving.first, beta1), tf.mul(gradient, 1 - beta1));
    const second = tf.add(tf.mul(this.#moving.second, beta2), tf.mul(tf.square(gradient), 1 - beta2));
    const scale = tf.add(tf.mul(tf.sqrt(second), correction), epsilon);
    return { pixels: tf.sub(this.#moving.pixels, tf.div(tf.mul(first, rate), scale)), first, second };
  }

  #replace(moved: Moving): void {
    this.dispose();
    this.#moving = moved;
  }
}

/** Sum of squared differences to the right and lower neighbour; its mean's gradient times `weight`, or null for 0. */
function totalVariation(tf: Tf, pixels: Tensor, { width, height }: Size, weight: number) {
  let sum = tf.scalar(0);
  let gradient: Tensor | null = null;
  const factor = (2 * weight) / (3 * width * height);
  for (const [axis, rows, columns] of [[2, height, width - 1], [1, height - 1, width]] as const) {
    if (rows === 0 || columns === 0) continue;
    const size = [1, rows, columns, 3];
    const begin = [0, 0, 0, 0];
    begin[axis] = 1;
    const difference = tf.sub(tf.slice(pixels, begin, size), tf.slice(pixels, [0, 0, 0, 0], size));
    sum = tf.add(sum, tf.sum(tf.square(difference)));
    if (weight === 0) continue;
    const pads = (before: number): [number, number][] => begin.map((b) => b === 1 ? [before, 1 - before] : [0, 0]);
    const pulls = tf.mul(tf.sub(tf.pad(difference, pads(1)), tf.pad(difference, pads(0))), factor);
    gradient = gradient ? tf.add(gradient, pulls) : pulls;
  }
  return { sum, gradient };
}
