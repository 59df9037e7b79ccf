import type { Retuning, TransferOptions } from "../../engine/options/options.ts";
import { within } from "../../engine/options/resolve.ts";
import type { TransferRecord, Tuning } from "../types.ts";

/** The weights that options give, as a tuning in force after a step. */
export function tuningOf(options: TransferOptions, afterStep: number): Tuning {
  const { contentWeight, styleWeight, tvWeight, optimizer: { learningRate } } = options;
  return { afterStep, contentWeight, styleWeight, tvWeight, learningRate };
}

/** Options with the weights of a tuning. */
export function withTuning(options: TransferOptions, tuning: Tuning): TransferOptions {
  const { contentWeight, styleWeight, tvWeight, learningRate } = tuning;
  return { ...options, contentWeight, styleWeight, tvWeight, optimizer: { ...options.optimizer, learningRate } };
}

/**
 * The tuning that a retuning makes of a transfer's present weights.
 *
 * @throws {GramcastError} BAD_USER_INPUT with the field, as for the options of a new transfer.
 */
export function retuned(options: TransferOptions, retuning: Retuning, afterStep: number): Tuning {
  return {
    afterStep,
    contentWeight: within("contentWeight", retuning.contentWeight ?? options.contentWeight, 0, 1e12),
    styleWeight: within("styleWeight", retuning.styleWeight ?? options.styleWeight, 0, 1e12),
    tvWeight: within("tvWeight", retuning.tvWeight ?? options.tvWeight, 0, 1e12),
    learningRate: within("learningRate", retuning.learningRate ?? options.optimizer.learningRate, 1e-6, 1e3),
  };
}

/** What changes in a record when a tuning comes into force. */
export function tuningChanges(record: TransferRecord, tuning: Tuning): Pick<TransferRecord, "options" | "tunings"> {
  const before = record.tunings.length > 0 ? record.tunings : [tuningOf(record.options, 0)];
  return {
    options: withTuning(record.options, tuning),
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
    options: current === undefined ? record.options : withTuning(record.options, current),
    later: record.tunings.filter((tuning) => tuning.afterStep >= Math.max(1, step)),
  };
}

/** Whether two tunings give the same weights, whenever that is. */
export function sameWeights(a: Tuning, b: Tuning): boolean {
  return a.contentWeight === b.contentWeight && a.styleWeight === b.styleWeight && a.tvWeight === b.tvWeight &&
    a.learningRate === b.learningRate;
}
