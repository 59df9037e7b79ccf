import { laterFrameOptions, laterFrameScale } from "./later_frame.ts";
import type { Scale, TransferOptions } from "./options.ts";

/** What says how many frames there are, and what is done for each. */
export type MovingSchedule = Pick<TransferOptions, "scales" | "steps" | "contentFrames">;

/** A step's place in a moving picture. */
export interface FrameStep {
  /** Which frame of the content, from 0. */
  readonly frame: number;
  /** Steps of all frames before it. */
  readonly before: number;
  /** Of this frame, from 1; 0 before its first. */
  readonly step: number;
  /** Steps of this frame. */
  readonly steps: number;
}

/** Frames of the content that are painted: 1 unless it moves. */
export function framesIn({ contentFrames = 1 }: Pick<TransferOptions, "contentFrames">): number {
  return contentFrames;
}

/** Steps over all frames. */
export function stepsInAll(options: MovingSchedule): number {
  return stepsBefore(options, framesIn(options));
}

/** Steps of the frames before one, which is counted from 0. */
export function stepsBefore(options: MovingSchedule, frame: number): number {
  return frame === 0 ? 0 : options.steps + (frame - 1) * laterSteps(options);
}

/** Every scale of every frame, in the order in which they are worked through. */
export function scalesInAll(options: Pick<TransferOptions, "scales" | "contentFrames">): readonly Scale[] {
  const { scales } = options;
  const later = framesIn(options) - 1;
  return later === 0 ? scales : [...scales, ...Array<Scale>(later).fill(laterFrameScale(scales.at(-1)!))];
}

/** Where in a moving picture the step is that so many steps of all frames lead to. */
export function frameOfStep(options: MovingSchedule, step: number): FrameStep {
  const { steps } = options;
  if (step <= steps || framesIn(options) === 1) return { frame: 0, before: 0, step, steps };
  const each = laterSteps(options);
  const frame = Math.min(framesIn(options) - 1, Math.ceil((step - steps) / each));
  const before = stepsBefore(options, frame);
  return { frame, before, step: step - before, steps: each };
}

/** The options of one frame by itself, which is counted from 0. */
export function frameOptions(options: TransferOptions, frame: number): TransferOptions {
  const { contentFrames: _, ...still } = options;
  return frame === 0 ? still : laterFrameOptions(still);
}

function laterSteps({ scales }: Pick<TransferOptions, "scales">): number {
  return laterFrameScale(scales.at(-1)!).steps;
}
