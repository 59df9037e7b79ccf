/**
 * What L-BFGS does on a device, in parts: what a gradient and a step tell, where to go, and to go there.
 *
 * @module
 */
import type { Combination, OfPair, Products } from "../../optimizers/inverse_hessian_products.ts";
import type { FeatureMap } from "./feature_map.ts";
import { adamGroups } from "./kernels/adam.ts";
import { arrive } from "./kernels/arrive.ts";
import { average } from "./kernels/average.ts";
import { combine } from "./kernels/combine.ts";
import { difference } from "./kernels/difference.ts";
import { dotCount, dotParts, dotPlace, dots } from "./kernels/dots.ts";
import { groupCount } from "./kernels/elementwise.ts";
import { pictureLength } from "./kernels/enter.ts";
import { largest, largestSpans } from "./kernels/largest.ts";
import { PROGRESS } from "./kernels/record.ts";
import { reduce } from "./kernels/reduce.ts";
import { SEARCH, trial } from "./kernels/trial.ts";
import { Plan, type PlannedBuffer } from "./plan.ts";
import { addSmoothing } from "./smoothing_plan.ts";

/** Vectors that stay: the picture that was accepted, where it is to be evaluated next, and what is known of both. */
export const VECTORS = {
  picture: "picture",
  trial: "trial",
  gradient: "gradient",
  smoothGradient: "smooth gradient",
  direction: "direction",
  /** At the trial. */
  newGradient: "new gradient",
  newSmoothGradient: "new smooth gradient",
} as const;
/** The pair from the picture to the trial. */
export const NEW_PAIR: OfPair<string> = { step: "new step", change: "new change", smooth: "new smooth" };

/** The pair in a slot. */
export function slotPair(slot: number): OfPair<string> {
  return { step: `step.${slot}`, change: `change.${slot}`, smooth: `smooth.${slot}` };
}

/** Buffers of numbers: factor of total variation; factors of a direction; `Stride`; what it came to; what was found. */
export const NUMBERS = {
  variation: "variation",
  factors: "factors",
  search: "search",
  stride: "stride",
  /** The sum of squared differences between neighbours, and the gradient's L1 norm. */
  report: "report",
  products: "products",
} as const;

/** Buffer: the moving average of pictures, not corrected for its bias. */
export const AVERAGE = "average";

/** What the plans are for. */
export interface LbfgsShape {
  /** Of the evaluation. */
  readonly along: FeatureMap;
  readonly history: number;
}

/** From a gradient of the network to that of the loss, and to the pair that leads there. */
export function planArrival(shape: LbfgsShape): Plan {
  const plan = new Plan();
  const { along } = shape;
  const count = pictureLength(along);
  const vector = (name: string) => plan.shared(name, count);
  const groups = groupCount(adamGroups(along));
  const [parts, report] = [plan.buffer("parts", 2 * groups), plan.shared(NUMBERS.report, 2)];
  plan.add(
    arrive(
      {
        along: { ...along, buffer: plan.shared(along.buffer.name, along.buffer.length) },
        picture: vector(VECTORS.trial),
        factor: plan.shared(NUMBERS.variation, 1),
      },
      vector(VECTORS.newGradient),
      parts,
    ),
    reduce(parts, groups, report, { to: 0, sums: 2 }),
    difference(vector(VECTORS.trial), vector(VECTORS.picture), vector(NEW_PAIR.step), count),
    difference(vector(VECTORS.newGradient), vector(VECTORS.gradient), vector(NEW_PAIR.change), count),
  );
  return plan;
}

/** Dot products of the new gradient and the new pair with each other and with all slots. */
export function planProducts({ along, history }: LbfgsShape): Plan {
  const plan = new Plan();
  const count = pictureLength(along);
  const vector = (name: string) => plan.shared(name, count);
  const [step, change, smooth] = pairVectors(NEW_PAIR, vector);
  const [gradient, smoothGradient] = [vector(VECTORS.newGradient), vector(VECTORS.newSmoothGradient)];
  addSmoothing(plan, along, change, smooth);
  addSmoothing(plan, along, gradient, smoothGradient);
  const slots = Array.from({ length: history }, (_, slot) => pairVectors(slotPair(slot), vector)).flat();
  const products = plan.shared(NUMBERS.products, productCount(history));
  const parts = plan.buffer("parts", dotParts(count));
  const others = [...slots, step, change, smooth, gradient, smoothGradient];
  plan.add(
    ...dots([change, gradient], others, count, parts, { into: products }),
    ...dots([step, smooth], [step, smooth], count, parts, { into: products, at: dotCount(others.length) }),
  );
  return plan;
}

/** Values of `planProducts()`. */
export function productCount(history: number): number {
  return dotCount(3 * history + 5) + dotCount(2);
}

/** As they were read. */
export function readProducts(values: Float32Array, history: number): Products {
  const change = (other: number) => values[dotPlace(0, other)]!;
  const gradient = (other: number) => values[dotPlace(1, other)]!;
  const ofPair = (product: (other: number) => number, first: number): OfPair<number> => ({
    step: product(first),
    change: product(first + 1),
    smooth: product(first + 2),
  });
  const own = 3 * history;
  const rest = dotCount(own + 5);
  return {
    square: gradient(own + 3),
    smooth: gradient(own + 4),
    moments: {
      stepStep: values[rest + dotPlace(0, 0)]!,
      changeChange: change(own + 1),
      changeSmooth: change(own + 2),
      smoothSmooth: values[rest + dotPlace(1, 1)]!,
      stepChange: change(own),
      stepSmooth: values[rest + dotPlace(0, 1)]!,
    },
    gradient: ofPair(gradient, own),
    slots: Array.from({ length: history }, (_, slot) => ({
      change: ofPair(change, 3 * slot),
      gradient: ofPair(gradient, 3 * slot),
    })),
  };
}

/** A direction of factors, and how far its largest value allows to go along it. */
export function planSearch({ along, history }: LbfgsShape): Plan {
  const plan = new Plan();
  const count = pictureLength(along);
  const vector = (name: string) => plan.shared(name, count);
  const slots = Array.from({ length: history }, (_, slot) => pairVectors(slotPair(slot), vector)).flat();
  const vectors = [vector(VECTORS.gradient), vector(VECTORS.smoothGradient), ...slots];
  const direction = vector(VECTORS.direction);
  const spans = plan.buffer("spans", largestSpans(count));
  plan.add(
    ...combine(plan.shared(NUMBERS.factors, vectors.length), vectors, direction, count),
    ...largest(direction, count, spans, plan.shared("largest", 1)),
  );
  return plan;
}

/** `planSearch()`'s factors. */
export function factorsOf({ gradient, smoothGradient, slots }: Combination): Float32Array {
  return Float32Array.from([
    gradient,
    smoothGradient,
    ...slots.flatMap(({ step, change, smooth }) => [step, change, smooth]),
  ]);
}

/** Along the direction to the next trial. */
export function planTrial({ along }: LbfgsShape): Plan {
  const plan = new Plan();
  const count = pictureLength(along);
  const vector = (name: string) => plan.shared(name, count);
  const line = {
    picture: vector(VECTORS.picture),
    direction: vector(VECTORS.direction),
    largest: plan.shared("largest", 1),
    search: plan.shared(NUMBERS.search, SEARCH),
  };
  plan.add(trial(line, vector(VECTORS.trial), plan.shared(NUMBERS.stride, 1), count));
  return plan;
}

/** Takes the picture into the average. */
export function planAveraging({ along }: LbfgsShape, decay: number): Plan {
  const plan = new Plan();
  const count = pictureLength(along);
  // Each step is looked at before the next: there is none to be halted.
  const progress = plan.buffer("progress", PROGRESS);
  plan.add(average(progress, plan.shared(VECTORS.picture, count), plan.shared(AVERAGE, count), { count, decay }));
  return plan;
}

function pairVectors(
  { step, change, smooth }: OfPair<string>,
  vector: (name: string) => PlannedBuffer,
): [PlannedBuffer, PlannedBuffer, PlannedBuffer] {
  return [vector(step), vector(change), vector(smooth)];
}
