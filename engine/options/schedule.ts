import { invalid, refused } from "../../values.ts";
import { fitLongestSide, type Size } from "../picture.ts";
import type { Scale, TransferOptions, TransferRequest } from "./options.ts";
import { checked } from "./shapes.ts";
import { MAX_SIZE, MAX_STEPS, MIN_SIZE, OPTIONS, type Schedule } from "./table.ts";

/** A size of the result in one of the ways to say it. */
export type Fit = NonNullable<TransferRequest["fit"]>;

/**
 * Checks a way to say the size by itself.
 *
 * @param field Of the request.
 * @throws {GramcastError} BAD_USER_INPUT with the field.
 */
export function checkFit(field: string, fit: Fit): void {
  checked(field, OPTIONS.fit.value, fit);
  if (fit.original === false) throw refused(`${field}.original`, false, "true, or another way to say the size");
}

/**
 * Checks that a request's sizes and steps agree. Each value has been checked before.
 *
 * @throws {GramcastError} BAD_USER_INPUT with the field.
 */
export function checkSchedule({ scales, size, steps, fit }: TransferRequest): void {
  if (fit) checkFit("fit", fit);
  if (fit && (scales || (size !== undefined && size !== null))) {
    throw invalid("fit", `Cannot use fit beside ${scales ? "scales" : "size"}: wanted one of them`);
  }
  if (!scales) return;
  if (steps !== undefined && steps !== null) {
    throw refused("steps", steps, "steps left out when scales are given");
  }
  const last = scales.at(-1)!.size;
  if (size !== undefined && size !== null && size !== last) {
    throw refused("size", size, `the last scale's size (${last}), or none`);
  }
  const sum = stepsOf(scales);
  if (sum > MAX_STEPS) throw invalid("scales", `Cannot use scales of ${sum} steps: wanted at most ${MAX_STEPS} in all`);
}

/**
 * The scales of a request.
 *
 * @param preset The preset's, for what the request leaves out.
 * @param content Size of the content picture: every scale has its aspect ratio.
 * @throws {GramcastError} BAD_USER_INPUT when `fit` gives this picture a size out of range.
 */
export function resolveSchedule(request: TransferRequest, preset: Schedule, content: Size): readonly Scale[] {
  const size = request.fit ? fittedSize("fit", request.fit, content).size : request.size ?? null;
  const schedule = scheduleOf({ ...request, size }, preset);
  return schedule.map(({ size, steps }) => ({ size, ...fitLongestSide(content, size), steps }));
}

/** A picture to go on from has its large forms already: a preset's coarse scales, which would find others, are left out. */
function scheduleOf({ scales, size, steps, init }: TransferRequest, preset: Schedule): Schedule {
  if (scales) return scales;
  const all = sized(preset, size ?? preset.at(-1)!.size);
  const kept = init?.kind === "IMAGE" ? all.slice(-1) : all;
  return steps === undefined || steps === null ? kept : distribute(kept, steps);
}

/**
 * Longest side of the result, in pixels, that a way to say the size gives a picture; which way it is, and its value.
 *
 * @param field Of the request.
 * @throws {GramcastError} BAD_USER_INPUT where it is out of range.
 */
export function fittedSize(field: string, fit: Fit, { width, height }: Size) {
  const [[way, given]] = Object.entries(fit).filter(([, value]) => value !== null) as [[keyof typeof fit, number]];
  const longest = Math.max(width, height);
  const sizes = {
    longest: given,
    shortest: given * longest / Math.min(width, height),
    megapixels: Math.sqrt(given * 1e6 * longest / Math.min(width, height)),
    scale: given * longest,
    original: longest,
  };
  const size = Math.round(sizes[way]);
  if (size >= MIN_SIZE && size <= MAX_SIZE) return { way, given, size };
  throw refused(
    `${field}.${way}`,
    given,
    `a longest side of ${MIN_SIZE} to ${MAX_SIZE} pixels, which would be ${size}`,
  );
}

/** From a scale that is done to a larger size: as a preset's schedule goes on beyond its own size. */
export function enlargedSchedule(done: Schedule[number], wanted: number): Schedule {
  return sized([done], wanted).filter(({ size }) => size > done.size);
}

/** The shortest request for a schedule: a size and a number of steps where they are enough. */
export function scheduleRequest(
  { scales, init }: Pick<TransferOptions, "scales" | "init">,
  preset: Schedule,
): Pick<TransferRequest, "size" | "steps" | "scales"> {
  const { size } = scales.at(-1)!;
  const steps = stepsOf(scales);
  const requests = [{}, { size }, { steps }, { size, steps }];
  const found = requests.find((request: TransferRequest) => same(scheduleOf({ ...request, init }, preset), scales));
  return found ?? { scales: scales.map(({ size, steps }) => ({ size, steps })) };
}

/** Steps over all scales. */
export function stepsOf(scales: Schedule): number {
  return scales.reduce((sum, scale) => sum + scale.steps, 0);
}

function same(a: Schedule, b: Schedule): boolean {
  return a.length === b.length && a.every(({ size, steps }, i) => size === b[i]!.size && steps === b[i]!.steps);
}

/** From the scale before it, the last has to be so many times as large: less would cost its steps and add no detail. */
const SMALLEST_RISE = 1.5;

/**
 * A preset's schedule for another result size: the same scales up to it, so that the same composition is found in them. A
 * result that is larger than the preset's goes on from there in scales of twice the size, with as many steps each.
 */
function sized(preset: Schedule, wanted: number): Schedule {
  const last = preset.at(-1)!;
  const sizes = preset.map(({ size }) => size);
  while (sizes.at(-1)! < wanted) sizes.push(2 * sizes.at(-1)!);
  const before = sizes.filter((size) => size < wanted);
  // What is between two of the sizes takes the place of the smaller one where it is near it.
  const near = before.length >= preset.length && before.at(-1)! * SMALLEST_RISE > wanted;
  const kept = near ? before.slice(0, -1) : before;
  return [...kept, wanted].map((size, i) => ({ size, steps: (preset[i] ?? last).steps }));
}

/** Shares out `steps` in the proportions of the scales' own; scales left with none fall away, the last never does. */
function distribute(scales: Schedule, steps: number): Schedule {
  const planned = stepsOf(scales);
  let used = 0;
  const shared = scales.map((scale, i) => {
    const share = i === scales.length - 1 ? steps - used : Math.floor((scale.steps / planned) * steps);
    used += share;
    return { size: scale.size, steps: share };
  });
  return shared.filter((scale) => scale.steps > 0);
}
