/** What WebGPU is given for one evaluation of CLASSIC's objective, as several benchmarks look at it. */
import { featureSize } from "../engine/objective/objective.ts";
import type { Dispatch, Plan } from "../engine/backends/webgpu/plan.ts";
import { planStep } from "../engine/backends/webgpu/step_plan.ts";
import { classicObjective } from "./classic_step.ts";

/** The plan for a square. @param half Whether features are held in 16 bits. */
export function classicPlan(side: number, half = false): Plan {
  const { size, terms, pooling } = classicObjective(side);
  const areas = terms.map(({ layer }) => {
    const { width, height } = featureSize(size, layer);
    return width * height;
  });
  const options = { terms, areas, normalize: false, whitened: () => false, moments: false };
  return planStep({ size, pooling, mean: [0, 0, 0], half }, options).plan;
}

/** A kernel and what it is called with, as far as that tells its cost. */
export function callName({ kernel, buffers }: Dispatch): string {
  const { weights } = buffers;
  if (!weights) return kernel;
  return weights.name.replace(/\.(winograd)?[kK]ernel/, "").replace(/\.(winograd)?[gG]radient/, ", gradient");
}
