import type { TransferOptions } from "../../engine/options/options.ts";
import { TUNABLES, tunablesOf, withTunables } from "../../engine/options/retune.ts";
import type { TransferRecord, Tuning } from "../types.ts";

/** The values in force under options, as a tuning after a step. */
function tuningOf(options: TransferOptions, afterStep: number): Tuning {
  return { afterStep, ...tunablesOf(options) };
}

/** What changes in a record when a tuning comes into force. */
export function tuningChanges(record: TransferRecord, tuning: Tuning): Pick<TransferRecord, "options" | "tunings"> {
  const before = record.tunings.length > 0 ? record.tunings : [tuningOf(record.options, 0)];
  return {
    options: withTunables(record.options, tuning),
    // A later tuning of the same step takes the place of the earlier.
    tunings: [...before.filter((other) => other.afterStep < tuning.afterStep), tuning],
  };
}

/**
 * The options in force after `step` steps, and the tunings from then on. One that came at `step` itself is among both:
 * a checkpoint of that step may have been taken before it or after, and to apply it twice changes nothing.
 */
export function tunedAt(record: TransferRecord, step: number): { options: TransferOptions; later: Tuning[] } {
  const current = record.tunings.findLast((tuning) => tuning.afterStep <= step);
  return {
    options: current === undefined ? record.options : withTunables(record.options, current),
    later: record.tunings.filter((tuning) => tuning.afterStep >= Math.max(1, step)),
  };
}

/** Whether two tunings give the same values, whenever that is. */
export function sameTunables(a: Tuning, b: Tuning): boolean {
  return TUNABLES.every(({ name }) => a[name] === b[name]);
}
