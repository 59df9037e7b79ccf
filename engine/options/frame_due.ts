import { frameOfStep, type MovingSchedule } from "./moving_schedule.ts";
import type { TransferOptions } from "./options.ts";

/** Whether a frame is made after a step: every `frameEvery` steps of a frame of the content, and after its last. */
export function frameIsDue(options: Pick<TransferOptions, "frameEvery"> & MovingSchedule, step: number): boolean {
  const place = frameOfStep(options, step);
  return place.step % options.frameEvery === 0 || place.step === place.steps;
}
