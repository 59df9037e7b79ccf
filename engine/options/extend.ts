import type { Scale, TransferOptions } from "./options.ts";
import { MAX_STEPS } from "./resolve.ts";
import { GramcastError } from "../../errors.ts";

/**
 * The options under which an ended transfer goes on.
 *
 * @param done Steps that it has taken.
 * @param more Steps to add to those; null for those that it still had before it.
 * @throws {GramcastError} BAD_USER_INPUT with the field `steps`.
 */
export function extendOptions(options: TransferOptions, done: number, more: number | null): TransferOptions {
  if (more === null) {
    if (done < options.steps) return options;
    throw invalid("nothing: all steps are done", "how many more");
  }
  const most = MAX_STEPS - done;
  if (!Number.isInteger(more) || more < 1 || more > most) {
    throw invalid(String(more), `a whole number from 1 to ${most}`);
  }
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

function invalid(given: string, wanted: string): GramcastError {
  return new GramcastError("BAD_USER_INPUT", `Cannot use steps ${given}: wanted ${wanted}`, { field: "steps" });
}
