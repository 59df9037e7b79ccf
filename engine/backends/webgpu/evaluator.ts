import type { Evaluation, Evaluator, Target } from "../backend.ts";
import type { DeviceOptimizer, MovingExtras } from "../device_optimizer.ts";
import { gramOf, momentTarget } from "../../objective/moments.ts";
import { areaOf, downscaleMask } from "../../objective/masks.ts";
import { channelsAt } from "../../objective/neighbors.ts";
import { elementCount, featureSize, gradientFactor, gridLayer, type Objective } from "../../objective/objective.ts";
import { transpose } from "../../objective/square_matrix.ts";
import type { OptimizerOptions } from "../../options/options.ts";
import type { OptimizerState } from "../../optimizers/optimizer.ts";
import type { Pixels } from "../../picture.ts";
import { WebgpuAdam } from "./adam.ts";
import type { Device } from "./device.ts";
import { pictureLength } from "./kernels/enter.ts";
import { leave } from "./kernels/leave.ts";
import { WebgpuLbfgs } from "./lbfgs.ts";
import { MovedAlong } from "./moved_along.ts";
import { PICTURE } from "./network_plan.ts";
import type { DeviceParameters } from "./parameters.ts";
import { rowsToMap } from "./places_plan.ts";
import { Program } from "./program.ts";
import { planStep, type StepPlan } from "./step_plan.ts";
import {
  FACTORS,
  maskBuffer,
  momentsBuffer,
  SUMS,
  targetBuffer,
  transposedWhitenerBuffer,
  whitenerBuffer,
} from "./term_plan.ts";

/** Buffer: the gradient, three values a pixel. */
const LEFT = "left";

const NO_EXTRAS: MovingExtras = { pixelGoals: [], average: null };

/** An objective on a device. */
export class WebgpuEvaluator implements Evaluator {
  readonly movesExtras = true;
  readonly #device: Device;
  readonly #program: Program;
  readonly #step: StepPlan;
  readonly #length: number;
  /** By term: what a sum is divided by, and what a weight is multiplied with. */
  readonly #counts: readonly number[];
  readonly #factors: readonly number[];

  private constructor(
    device: Device,
    program: Program,
    step: StepPlan,
    objective: Objective,
    areas: readonly number[],
  ) {
    this.#device = device;
    this.#program = program;
    this.#step = step;
    this.#length = pictureLength(objective.size);
    const channels = objective.terms.map((term) => featureSize(objective.size, term.layer).channels);
    this.#counts = objective.terms.map((term, i) => elementCount(term, channels[i]!, areas[i]!));
    this.#factors = objective.terms.map((term, i) =>
      gradientFactor(term, channels[i]!, areas[i]!, objective.normalizeGradients)
    );
  }

  static async create(
    device: Device,
    parameters: DeviceParameters,
    objective: Objective,
    targets: readonly Target[],
  ): Promise<WebgpuEvaluator> {
    const { size, terms, pooling, normalizeGradients, whiteners, moments = false } = objective;
    const masks = new Map<string, Float32Array>();
    const areas = terms.map((term) => {
      const { width, height } = featureSize(size, gridLayer(term));
      if (term.mask === null) return width * height;
      const values = downscaleMask(objective.masks[term.mask]!, { width, height });
      masks.set(maskBuffer(term.mask, gridLayer(term)), values);
      return areaOf(values);
    });
    const step = planStep({ size, pooling, ...parameters.network }, {
      terms,
      areas,
      normalize: normalizeGradients,
      whitened: (term) => whiteners?.has(term) ?? false,
      moments,
    });
    step.plan.add(leave(step.gradient, step.plan.buffer(LEFT, pictureLength(size))));
    const program = await Program.create(device, step.plan, (buffer) => parameters.get(buffer));
    targets.forEach((target, i) => {
      const { kind, layer } = terms[i]!;
      const figures = moments && kind === "style";
      if (kind === "neighbors") program.write(targetBuffer(i), rowsToMap(target, channelsAt(layer)));
      else program.write(targetBuffer(i), figures ? gramOf(target) : target);
      if (figures) program.write(momentsBuffer(i), momentTarget(target));
    });
    for (const [name, values] of masks) program.write(name, values);
    for (const [term, whitener] of whiteners ?? []) {
      program.write(whitenerBuffer(term), whitener);
      program.write(transposedWhitenerBuffer(term), transpose(whitener));
    }
    return new WebgpuEvaluator(device, program, step, objective, areas);
  }

  async evaluate(pixels: Pixels, weights: ArrayLike<number>): Promise<Evaluation> {
    this.#program.write(PICTURE, pixels);
    this.#program.write(FACTORS, this.#weigh(weights));
    const [sums, gradient] = await this.#program.run([
      this.#program.reading(SUMS, this.#counts.length),
      this.#program.reading(LEFT, this.#length),
    ]);
    return { losses: this.#means(sums!), gradient: gradient! };
  }

  async adam(options: OptimizerOptions, state: OptimizerState, extras = NO_EXTRAS): Promise<DeviceOptimizer> {
    return await WebgpuAdam.create(this.#device, await this.#movedAlong(extras), options, state, extras);
  }

  async lbfgs(options: OptimizerOptions, state: OptimizerState, extras = NO_EXTRAS): Promise<DeviceOptimizer> {
    return await WebgpuLbfgs.create(this.#device, await this.#movedAlong(extras), options, state, extras);
  }

  dispose(): Promise<void> {
    this.#program.dispose();
    return Promise.resolve();
  }

  #movedAlong({ pixelGoals }: MovingExtras): Promise<MovedAlong> {
    const [counts, factors] = [this.#counts, this.#factors];
    const network = { program: this.#program, gradient: this.#step.gradient, counts, factors };
    return MovedAlong.create(this.#device, network, pixelGoals);
  }

  #weigh(weights: ArrayLike<number>): Float32Array {
    return Float32Array.from(this.#factors, (factor, i) => factor * weights[i]!);
  }

  #means(sums: Float32Array): Float64Array {
    return Float64Array.from(this.#counts, (count, i) => sums[i]! / count);
  }
}
