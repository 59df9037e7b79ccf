import type { Retuning, TransferOptions } from "../../engine/options/options.ts";
import { retuned, tunablesOf, withTunables } from "../../engine/options/retune.ts";
import type { TransferRecord, Tuning } from "../types.ts";

/** By which a tuning is known; 0 for one that nobody asked for. */
export function numberOf(tuning: Tuning | undefined): number {
  return tuning?.number ?? 0;
}

/**
 * What changes in a record when a retuning, checked, is accepted: it is in force after the newest step in the log, with all
 * that was accepted before.
 *
 * @param stays Whether one of the earlier tunings has to stay: steps may have been computed with it.
 */
export function acceptedChanges(
  record: TransferRecord,
  retuning: Retuning,
  stays: (tuning: Tuning) => boolean,
): Pick<TransferRecord, "options" | "tunings"> {
  const { options, step } = record;
  const before = record.tunings.length > 0 ? record.tunings : [{ afterStep: 0, ...tunablesOf(options) }];
  const tuning = { afterStep: step, ...retuned(options, retuning), number: numberOf(before.at(-1)) + 1 };
  return { options: withTunables(options, tuning), tunings: [...before.filter(stays), tuning] };
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
