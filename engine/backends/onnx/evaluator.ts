import type { Evaluation, Evaluator } from "../backend.ts";
import type { DeviceOptimizer } from "../device_optimizer.ts";
import { elementCount, featureSize, gradientFactor, type Objective } from "../../objective/objective.ts";
import type { OptimizerOptions } from "../../options/options.ts";
import type { OptimizerState } from "../../optimizers/optimizer.ts";
import type { Pixels } from "../../picture.ts";
import { OnnxAdam } from "./adam.ts";
import { IMAGE } from "./network.ts";
import { PictureReader } from "./picture_reader.ts";
import type { DeviceTensor, Feed, Session, SessionOptions } from "./session.ts";
import { GRADIENT, SUMS } from "./step_graph.ts";
import { FACTORS } from "./terms.ts";

/** A step graph that is ready to run. */
export class OnnxEvaluator implements Evaluator {
  /** Moves a picture on the device, where results can stay there. */
  readonly adam?: (options: OptimizerOptions, state: OptimizerState) => Promise<DeviceOptimizer>;
  readonly #session: Session;
  readonly #reader: PictureReader;
  readonly #shape: readonly number[];
  /** By term: what a sum is divided by, and what a weight is multiplied with. */
  readonly #counts: readonly number[];
  readonly #factors: readonly number[];

  constructor(session: Session, options: SessionOptions, objective: Objective, areas: readonly number[]) {
    const { size } = objective;
    this.#session = session;
    this.#reader = new PictureReader(size, options);
    this.#shape = [1, size.height, size.width, 3];
    const channels = objective.terms.map((term) => featureSize(size, term.layer).channels);
    this.#counts = objective.terms.map((term, i) => elementCount(term, channels[i]!, areas[i]!));
    this.#factors = objective.terms.map((term, i) =>
      gradientFactor(term, channels[i]!, areas[i]!, objective.normalizeGradients)
    );
    if (options.binds) {
      this.adam = (adam, state) =>
        OnnxAdam.create((image, weights) => this.#run(image, weights), this.#reader, size, options, adam, state);
    }
  }

  async evaluate(pixels: Pixels, weights: ArrayLike<number>): Promise<Evaluation> {
    const { losses, gradient } = await this.#run({ data: pixels, shape: this.#shape }, weights);
    const values = await this.#reader.read(gradient);
    gradient.dispose();
    return { losses, gradient: values };
  }

  async dispose(): Promise<void> {
    await this.#reader.dispose();
    await this.#session.dispose();
  }

  /** The caller disposes the gradient. */
  async #run(image: Feed, weights: ArrayLike<number>): Promise<{ losses: Float64Array; gradient: DeviceTensor }> {
    const factors = Float32Array.from(this.#factors, (factor, i) => factor * weights[i]!);
    const results = await this.#session.runKept({
      [IMAGE]: image,
      [FACTORS]: { data: factors, shape: [factors.length] },
    });
    const sums = results[SUMS]!.data as Float32Array;
    return { losses: Float64Array.from(sums, (sum, i) => sum / this.#counts[i]!), gradient: results[GRADIENT]! };
  }
}
