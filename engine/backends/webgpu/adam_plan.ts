import type { FeatureMap } from "./feature_map.ts";
import { adam, adamGroups, RATES } from "./kernels/adam.ts";
import { average } from "./kernels/average.ts";
import { groupCount } from "./kernels/elementwise.ts";
import { pictureLength } from "./kernels/enter.ts";
import { PROGRESS, record, ROW_HEAD } from "./kernels/record.ts";
import { reduce } from "./kernels/reduce.ts";
import { PIXEL_SUMS } from "./pixel_terms_plan.ts";
import { Plan } from "./plan.ts";
import { SUMS } from "./term_plan.ts";

/** Two states that take turns: a step that gave no numbers leaves the one before it. */
export const STATES = ["even", "odd"] as const;
export type State = typeof STATES[number];

/** Steps that can be taken before what they found is read. */
export const MOST_STEPS = 64;

/** Buffers that the programs of both states share, beside pictures and moments. */
export const SHARED = {
  /** A row for each step, see `adam()`. */
  rates: "rates",
  progress: "progress",
  /** See `record()`. */
  rows: "rows",
  /** Of pictures, not corrected for its bias. */
  average: "average",
} as const;

/** What a plan is for. */
export interface AdamShape {
  /** Of the evaluation. */
  readonly along: FeatureMap;
  readonly terms: { readonly network: number; readonly pixels: number };
  /** Of the moving average of pictures; null where none is taken. */
  readonly decay: number | null;
}

/** Values of a step's row. */
export function rowLength({ network, pixels }: AdamShape["terms"]): number {
  return ROW_HEAD + network + pixels;
}

export function pictureOf(state: State): string {
  return `picture.${state}`;
}

export function momentsOf(state: State): string {
  return `moments.${state}`;
}

export function otherState(state: State): State {
  return state === "even" ? "odd" : "even";
}

/** One step from a state to the other, behind an evaluation; all that it finds is written down. */
export function planAdam({ along, terms, decay }: AdamShape, from: State): Plan {
  const plan = new Plan();
  const length = pictureLength(along);
  const moving = (state: State) => ({
    picture: plan.shared(pictureOf(state), length),
    moments: plan.shared(momentsOf(state), 2 * length),
  });
  const [before, behind] = [moving(from), moving(otherState(from))];
  const gradient = { ...along, buffer: plan.shared(along.buffer.name, along.buffer.length) };
  const progress = plan.shared(SHARED.progress, PROGRESS);
  const count = groupCount(adamGroups(along));
  const [parts, report] = [plan.buffer("parts", 2 * count), plan.buffer("report", 2)];
  const sums = (name: string, count: number) => ({ buffer: plan.shared(name, count), count });
  plan.add(
    adam(gradient, { rates: plan.shared(SHARED.rates, MOST_STEPS * RATES), progress }, before, behind, parts),
    reduce(parts, count, report, { to: 0, sums: 2 }),
    record(progress, {
      report,
      network: sums(SUMS, terms.network),
      pixels: terms.pixels > 0 ? sums(PIXEL_SUMS, terms.pixels) : null,
    }, plan.shared(SHARED.rows, MOST_STEPS * rowLength(terms))),
  );
  if (decay !== null) {
    plan.add(average(progress, behind.picture, plan.shared(SHARED.average, length), { count: length, decay }));
  }
  return plan;
}
