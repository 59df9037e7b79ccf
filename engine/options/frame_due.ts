import type { TransferOptions } from "./options.ts";

/** Whether a frame is made after a step: every `frameEvery` steps, and after the last. */
export function frameIsDue(options: Pick<TransferOptions, "frameEvery" | "steps">, step: number): boolean {
  return step % options.frameEvery === 0 || step === options.steps;
}
