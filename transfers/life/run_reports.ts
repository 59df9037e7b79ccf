import { frameIsDue } from "../../engine/options/frame_due.ts";
import { scalesInAll, stepsInAll } from "../../engine/options/moving_schedule.ts";
import type { Picture } from "../../engine/picture.ts";
import { lazy } from "../lazy.ts";
import type { EngineSink, EngineStep } from "../process/engine.ts";
import type { LiveFrame } from "../storage/ports.ts";
import type { TransferRecord, Tuning } from "../types.ts";
import { ProgressPace } from "../notices/progress_pace.ts";
import type { FrameCache } from "../watch/frame_cache.ts";
import type { CheckpointWriter } from "./checkpoint_writer.ts";
import type { Journal } from "./journal.ts";
import { encodeFrame, type KeptFrames } from "./kept_frames.ts";
import type { LiveRecord } from "./live_record.ts";
import type { Retunings } from "./retunings.ts";

/** Share of the newest step in the moving mean of seconds per step. */
const MEAN_SHARE = 0.2;

/** Where the reports of a transfer go. */
export interface ReportTargets {
  readonly record: LiveRecord;
  readonly journal: Journal;
  /** The newest frames, in memory. */
  readonly frames: FrameCache;
  readonly keptFrames: KeptFrames;
  readonly checkpoints: CheckpointWriter;
  readonly retunings: Retunings;
  /** Shows a frame to other servers, before its step is logged; null where there are none. */
  readonly show: ((frame: LiveFrame) => Promise<void>) | null;
  /** Called when somebody else has ended the transfer. */
  readonly lost: () => void;
}

/**
 * Takes what engines report of one transfer into its record, its log, its frames and its checkpoints.
 *
 * The log has no hole and no repeat, whatever stops in between: an attempt begins at a checkpoint of step k while the log
 * may hold steps up to n > k. Steps k+1 … n are computed again, which gives the same values, and not logged; the log goes
 * on at n+1.
 */
export class RunReports implements EngineSink {
  readonly #targets: ReportTargets;
  readonly #pace = new ProgressPace();
  #lastPicture: Picture | null = null;

  constructor(targets: ReportTargets) {
    this.#targets = targets;
  }

  /** Of the newest checkpoint; null before the first. */
  get lastPicture(): Picture | null {
    return this.#lastPicture;
  }

  async step(report: EngineStep): Promise<void> {
    const { record, journal } = this.#targets;
    if (report.step > 0) journal.observer.stepped(record.now, report);
    await this.#keepFrame(report);
    if (this.#isNew(report.step)) await this.#log(report);
  }

  checkpoint(step: number, bytes: Uint8Array, picture: Picture): Promise<void> {
    this.#lastPicture = picture;
    this.#targets.checkpoints.save(step, bytes, picture);
    return Promise.resolve();
  }

  async retuned(tuning: Tuning): Promise<void> {
    const { record, retunings } = this.#targets;
    if (!retunings.settle(tuning)) return;
    await record.append((now) => ({ changes: retunings.settled(now, tuning), events: [] }));
  }

  async #keepFrame({ step, frame }: EngineStep): Promise<void> {
    if (frame === null) return;
    const { record, journal, frames, keptFrames, show } = this.#targets;
    const { id, frameStep, options } = record.now;
    frames.put(id, step, frame);
    const { width, height } = frame;
    const encoded = lazy(() => encodeFrame(frame));
    // A step that is computed again is older than what has been shown.
    if (show !== null && step >= (frameStep ?? 0)) {
      await journal.patiently(async () => await show({ step, width, height, bytes: await encoded() }));
    }
    if (options.keepFrames) await journal.patiently(() => keptFrames.saveDue(step, frame, encoded));
  }

  /** Whether a step is not in the log yet. 0 is the start picture, where that is shown: it comes with each attempt. */
  #isNew(step: number): boolean {
    const { step: logged, losses } = this.#targets.record.now;
    if (step > logged + 1) throw new Error(`The engine reported step ${step} after step ${logged}`);
    return step > logged || (step === 0 && losses === null);
  }

  async #log(report: EngineStep): Promise<void> {
    const { record, journal, retunings, lost } = this.#targets;
    const { step, losses, frame } = report;
    const secondsPerStep = meanSeconds(record.now, report);
    const { options } = record.now;
    const tellsProgress = this.#pace.isDue(journal.now());
    const logged = await record.append((now) => ({
      changes: {
        ...{ step, losses, secondsPerStep, attempts: 0, ...(frame === null ? {} : { frameStep: step }) },
        ...retunings.moved(now, step),
      },
      events: [{
        status: "RUNNING",
        step,
        steps: stepsInAll(options),
        losses,
        frame: frameIsDue(options, step),
        secondsPerStep,
        failure: null,
      }],
      tellsProgress,
    }));
    if (!logged) lost();
  }
}

/** The moving mean after a step. It begins anew with each scale, whose steps take another time; the start picture is no step. */
function meanSeconds({ secondsPerStep, options }: TransferRecord, { step, seconds }: EngineStep): number | null {
  if (step === 0) return null;
  let first = 1;
  for (const scale of scalesInAll(options)) {
    if (step === first) return seconds;
    first += scale.steps;
  }
  return secondsPerStep === null ? seconds : secondsPerStep + MEAN_SHARE * (seconds - secondsPerStep);
}
