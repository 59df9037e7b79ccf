/**
 * What runs a transfer's steps: a child process in production (`supervisor.ts`), a double in tests.
 *
 * A moving picture is painted frame by frame, with a run of its own for each:
 *
 * - Frame 1 is a run as any other: the transfer's options, `content` its frame, no `before`.
 * - Frame k > 1 has `options: laterFrameOptions(…)` (`engine/options/later_frame.ts`), frame k as `content`, and as `before`
 *   frame k − 1 and what was painted of it, without loss (PNG). It begins with that, moved as the content moves, and
 *   stays near it where the content can be seen in both, by the option `temporalWeight`.
 * - With `color` MATCH each has `colors`, the same for all: matched to its own frame, a style would change from frame to frame.
 * - Masks are the same for all frames. Styles too: the engine keeps what it has found out about them from run to run.
 * - Steps and checkpoints of a run count from 1 in each frame. Whoever runs the frames knows which frame it is of how many;
 *   to go on it needs the finished frames, which frame it is in, and that frame's checkpoint or none. The same input
 *   gives the same bytes, wherever it was taken up again.
 * - An engine holds two frames at a time.
 *
 * @module
 */
import type { EngineInfo } from "../../engine/backends/backend.ts";
import type { Losses } from "../../engine/objective/losses.ts";
import type { FrameBefore } from "../../engine/motion/frame_before.ts";
import type { TransferOptions } from "../../engine/options/options.ts";
import type { Picture } from "../../engine/picture.ts";
import type { Pictures } from "../../images/pictures.ts";
import type { TransferFailure, Tuning } from "../types.ts";

/** All that an engine needs for a transfer. Pictures are encoded, as they were kept. */
export interface EngineJob extends Pictures<Uint8Array> {
  /** With the weights that are in force where it begins: at the checkpoint's step, or at 0. */
  readonly options: TransferOptions;
  /** Weights that come into force later, by step. */
  readonly tunings: readonly Tuning[];
  /** Where to go on; null begins from the start. */
  readonly checkpoint: Uint8Array | null;
  /** In a moving picture the frame before it; left out for the first, and for a picture that does not move. */
  readonly before?: FrameBefore<Uint8Array>;
  /** In a moving picture with `color` MATCH, the colours that the styles get in all frames; left out elsewhere. */
  readonly colors?: Uint8Array;
}

/** One step, as it was taken. */
export interface EngineStep {
  /** 1-based, over all scales; 0 for the start picture, where that is shown. */
  readonly step: number;
  readonly losses: Losses;
  readonly seconds: number;
  /** The picture after the step where one is due and a newer one has not taken its place. */
  readonly frame: Picture | null;
}

/** Takes what an engine reports, in order. The next report waits until the promise of the one before is settled. */
export interface EngineSink {
  step(step: EngineStep): Promise<void>;
  /** Must not wait for storage: the engine's next steps would. */
  checkpoint(step: number, bytes: Uint8Array, picture: Picture): Promise<void>;
  /** Weights have come into force after a step; the tuning has the number that it was asked for with. */
  retuned(tuning: Tuning): Promise<void>;
}

export type EngineOutcome =
  /** All steps are done; the last checkpoint is that of the last step. */
  | { readonly kind: "finished" }
  /** `stop` was called; the last checkpoint is that of the last step taken. */
  | { readonly kind: "stopped" }
  /** Trying again would give the same. `picture` is the last good one. */
  | { readonly kind: "failed"; readonly failure: TransferFailure; readonly picture: Picture | null }
  /** The engine process is gone; another attempt may succeed. */
  | { readonly kind: "lost"; readonly failure: TransferFailure };

/** A transfer on the engine. */
export interface EngineRun {
  /** Settles after everything reported has been taken by the sink; never rejects but for what the sink throws. */
  readonly outcome: Promise<EngineOutcome>;
  /** Stop before the next step, or give the present one up where that takes long: the outcome is `lost` then. */
  stop(): void;
  /** Change the weights as soon as `tuning.afterStep` steps are done; the sink hears of it. */
  retune(tuning: Tuning): void;
}

/** One device. It runs one transfer at a time. */
export interface Engine {
  /**
   * What it computes with; waits until it is known.
   *
   * @param weightsSha256 Weights that a transfer began with: it goes on with them where they are still there. Left out or
   * null: those in force.
   * @throws {GramcastError} when the engine cannot start.
   */
  info(weightsSha256?: string | null): Promise<EngineIdentity>;
  run(job: EngineJob, sink: EngineSink): EngineRun;
  /**
   * ImageNet probabilities (1000). Takes nothing from a transfer, which may run meanwhile.
   *
   * @param rgb Pixels of a picture with `CLASSIFIER_SIDE` on each side: 150 kB, however large what they come from is.
   * @throws {GramcastError} WEIGHTS_INCOMPLETE
   */
  classify(rgb: Uint8Array): Promise<Float32Array>;
  /** Ends it at once; a transfer that still runs is lost. */
  close(): Promise<void>;
}

export interface EngineIdentity {
  readonly engine: EngineInfo;
  readonly weightsSha256: string;
}
