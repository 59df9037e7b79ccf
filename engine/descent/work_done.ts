import { scalesInAll } from "../options/moving_schedule.ts";
import type { Scale, TransferOptions } from "../options/options.ts";

/** What says how much work there is. */
type Schedule = Pick<TransferOptions, "scales" | "contentFrames">;

/** Of the first `step` steps of a transfer, how many belong to each of its scales. */
export function stepsTaken(scales: readonly Pick<Scale, "steps">[], step: number): number[] {
  let left = step;
  return scales.map(({ steps }) => {
    const taken = Math.min(steps, left);
    left -= taken;
    return taken;
  });
}

/** The work that is left after the first `step` steps of a transfer: steps × pixels. */
export function workLeft(options: Schedule, step: number): number {
  const scales = scalesInAll(options);
  const taken = stepsTaken(scales, step);
  return scales.reduce((sum, { width, height, steps }, i) => sum + (steps - taken[i]!) * width * height, 0);
}

/**
 * Share of a transfer's work that its first `step` steps are, 0 to 1. A step's work grows with the pixels of its scale,
 * so that a schedule from coarse to fine is half done long after half of its steps.
 */
export function workDone(options: Schedule, step: number): number {
  const scales = scalesInAll(options);
  const taken = stepsTaken(scales, step);
  let done = 0;
  let all = 0;
  for (const [i, { width, height, steps }] of scales.entries()) {
    done += taken[i]! * width * height;
    all += steps * width * height;
  }
  return done / all;
}
