import type { Evaluation, Evaluator } from "../backend.ts";
import { elementCount, featureSize, gradientFactor, type Objective } from "../../objective/objective.ts";
import type { Pixels } from "../../picture.ts";
import { IMAGE } from "./network.ts";
import type { Session } from "./session.ts";
import { GRADIENT, SUMS } from "./step_graph.ts";
import { FACTORS } from "./terms.ts";

/** A step graph that is ready to run. */
export class OnnxEvaluator implements Evaluator {
  readonly #session: Session;
  readonly #shape: readonly number[];
  /** By term: what a sum is divided by, and what a weight is multiplied with. */
  readonly #counts: readonly number[];
  readonly #factors: readonly number[];

  constructor(session: Session, objective: Objective, areas: readonly number[]) {
    const { size } = objective;
    this.#session = session;
    this.#shape = [1, size.height, size.width, 3];
    const channels = objective.terms.map((term) => featureSize(size, term.layer).channels);
    this.#counts = objective.terms.map((term, i) => elementCount(term, channels[i]!, areas[i]!));
    this.#factors = objective.terms.map((term, i) =>
      gradientFactor(term, channels[i]!, areas[i]!, objective.normalizeGradients)
    );
  }

  async evaluate(pixels: Pixels, weights: ArrayLike<number>): Promise<Evaluation> {
    const factors = Float32Array.from(this.#factors, (factor, i) => factor * weights[i]!);
    const results = await this.#session.run({
      [IMAGE]: { data: pixels, shape: this.#shape },
      [FACTORS]: { data: factors, shape: [factors.length] },
    });
    const losses = Float64Array.from(results.get(SUMS)!, (sum, i) => sum / this.#counts[i]!);
    return { losses, gradient: results.get(GRADIENT)! };
  }

  dispose(): Promise<void> {
    return this.#session.dispose();
  }
}
