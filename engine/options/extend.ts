import { checkNumber, invalid, whole } from "../../values.ts";
import { framesIn, stepsInAll } from "./moving_schedule.ts";
import type { Scale, TransferOptions } from "./options.ts";
import { MAX_STEPS } from "./table.ts";

/**
 * The options under which an ended transfer goes on.
 *
 * @param done Steps that it has taken.
 * @param more Steps to add to those; null for those that it still had before it.
 * @throws {GramcastError} BAD_USER_INPUT with the field `steps`.
 */
export function extendOptions(options: TransferOptions, done: number, more: number | null): TransferOptions {
  if (more === null) {
    if (done < stepsInAll(options)) return options;
    throw invalid("steps", `Cannot resume without steps: all ${done} are done, wanted a number of steps to add`);
  }
  if (framesIn(options) > 1) {
    throw invalid("steps", `Cannot add ${more} steps to ${framesIn(options)} frames: wanted steps left out`);
  }
  if (done >= MAX_STEPS) {
    throw invalid("steps", `Cannot continue for ${more} steps: ${done} are done, wanted at most ${MAX_STEPS} in all`);
  }
  checkNumber("steps", whole(1, MAX_STEPS - done), more);
  // The last scale is lengthened; when fewer steps than planned are asked for, the schedule is cut where they end.
  const scales: Scale[] = [];
  let left = done + more;
  for (const [i, scale] of options.scales.entries()) {
    const steps = i === options.scales.length - 1 ? left : Math.min(scale.steps, left);
    if (steps > 0) scales.push({ ...scale, steps });
    left -= steps;
  }
  const { width, height } = scales.at(-1)!;
  return { ...options, scales, steps: done + more, width, height };
}
