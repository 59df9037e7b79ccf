import type { TransferOptions } from "./options.ts";

/**
 * Share of a transfer's work that its first `step` steps are, 0 to 1. A step's work grows with the pixels of its scale,
 * so that a schedule from coarse to fine is half done long after half of its steps.
 */
export function workDone({ scales }: Pick<TransferOptions, "scales">, step: number): number {
  let first = 0;
  let done = 0;
  let all = 0;
  for (const { width, height, steps } of scales) {
    done += Math.min(steps, Math.max(0, step - first)) * width * height;
    all += steps * width * height;
    first += steps;
  }
  return done / all;
}
