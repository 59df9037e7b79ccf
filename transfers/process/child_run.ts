import type { Backend } from "../../engine/backends/backend.ts";
import { type Limits, Optimisation } from "../../engine/descent/optimisation.ts";
import { stepsTogether } from "../../engine/descent/pace.ts";
import type { Picture } from "../../engine/picture.ts";
import { GramcastError } from "../../errors.ts";
import { NO_LIMITS } from "../../images/decode.ts";
import { decodeInput } from "../../images/decode_input.ts";
import { resizePicture } from "../../images/resize.ts";
import { frameIsDue } from "../../engine/options/frame_due.ts";
import type { Tuning } from "../types.ts";
import type { EngineJob } from "./engine.ts";
import { pixelsOf, type Report } from "./messages.ts";

/** Checkpoints are at least so many times as far apart as the last one took: L-BFGS' are large. */
const CHECKPOINT_SPACING = 20;

export type Send = (report: Report, parts?: readonly (Uint8Array | null)[]) => void;

/** A transfer inside the engine process. */
export class ChildRun {
  readonly #job: EngineJob;
  readonly #interval: number;
  readonly #limits: Limits;
  readonly #send: Send;
  #optimisation: Optimisation | null = null;
  #later: readonly Tuning[];
  #stopped = false;
  #checkpointed = performance.now();
  #checkpointSeconds = 0;
  /** What a step has taken lately; null before the first. */
  #stepSeconds: number | null = null;

  /**
   * @param checkpointSeconds Between checkpoints, where they are cheap.
   * @param memoryBytes What the process may take.
   */
  constructor(job: EngineJob, checkpointSeconds: number, memoryBytes: number, send: Send) {
    this.#job = job;
    this.#interval = checkpointSeconds;
    this.#limits = { memoryBytes };
    this.#send = send;
    this.#later = job.tunings;
  }

  stop(): void {
    this.#stopped = true;
  }

  retune(tuning: Tuning): void {
    this.#later = [...this.#later.filter((other) => other.afterStep < tuning.afterStep), tuning];
  }

  /** Runs to the end, and reports it. Rejects only where the process cannot be trusted any more. */
  async run(backend: Backend): Promise<void> {
    try {
      const optimisation = await this.#begin(backend);
      while (!optimisation.finished && !this.#stopped) {
        await this.#takeSteps(optimisation);
        // Commands that came during the steps are heard now: they leave no time for them.
        await new Promise((resume) => setTimeout(resume));
        this.#applyTunings(optimisation);
      }
      await this.#checkpoint(optimisation);
      this.#send({ kind: optimisation.finished ? "finished" : "stopped" });
    } catch (error) {
      // A device that has failed: another process, or another engine, may continue.
      if (!(error instanceof GramcastError) || error.code.startsWith("ENGINE_")) throw error;
      const { code, message } = error;
      const optimisation = this.#optimisation;
      const good = optimisation && optimisation.step > 0 ? await optimisation.picture() : null;
      this.#send({ kind: "failed", failure: { code, message }, size: sizeOf(good) }, [good && pixelsOf(good)]);
    } finally {
      await this.#optimisation?.dispose();
    }
  }

  async #begin(backend: Backend): Promise<Optimisation> {
    const input = await decodeInput(this.#job.options, this.#job, NO_LIMITS);
    const { checkpoint } = this.#job;
    const optimisation = checkpoint === null
      ? await Optimisation.start(backend, resizePicture, input, this.#limits)
      : await Optimisation.restore(backend, resizePicture, input, checkpoint, this.#limits);
    this.#optimisation = optimisation;
    this.#applyTunings(optimisation);
    const { before, options } = this.#job;
    if (checkpoint === null && !before && options.init.kind === "IMAGE") await this.#show(optimisation);
    return optimisation;
  }

  /** The picture to go on from and its losses, as step 0: so that it is seen what the steps make of it. */
  async #show(optimisation: Optimisation): Promise<void> {
    const begun = performance.now();
    const losses = await optimisation.measure();
    const picture = await optimisation.picture();
    const seconds = (performance.now() - begun) / 1000;
    this.#send({ kind: "step", step: 0, losses, seconds, size: sizeOf(picture) }, [pixelsOf(picture)]);
  }

  async #takeSteps(optimisation: Optimisation): Promise<void> {
    for (const { step, losses, seconds } of await optimisation.advanceTogether(this.#together(optimisation))) {
      const frame = this.#isFrameDue(step) ? await optimisation.picture() : null;
      this.#send({ kind: "step", step, losses, seconds, size: sizeOf(frame) }, [frame && pixelsOf(frame)]);
      this.#stepSeconds = seconds;
    }
    const since = (performance.now() - this.#checkpointed) / 1000;
    if (since > Math.max(this.#interval, CHECKPOINT_SPACING * this.#checkpointSeconds)) {
      await this.#checkpoint(optimisation);
    }
  }

  /** Steps before it is looked at them: up to the next after which a frame or a retuning is due. */
  #together({ step }: Optimisation): number {
    const most = stepsTogether(this.#stepSeconds);
    const isDue = (at: number) => this.#isFrameDue(at) || this.#later.some(({ afterStep }) => afterStep === at);
    let count = 1;
    while (count < most && !isDue(step + count)) count++;
    return count;
  }

  #isFrameDue(step: number): boolean {
    return frameIsDue(this.#job.options, step);
  }

  async #checkpoint(optimisation: Optimisation): Promise<void> {
    const begun = performance.now();
    const checkpoint = await optimisation.checkpoint();
    // What is made from the result is made from this one.
    const picture = await optimisation.picture(optimisation.finished);
    const { step } = optimisation;
    this.#send({ kind: "checkpoint", step, size: sizeOf(picture) }, [checkpoint, pixelsOf(picture)]);
    this.#checkpointed = performance.now();
    this.#checkpointSeconds = (this.#checkpointed - begun) / 1000;
  }

  #applyTunings(optimisation: Optimisation): void {
    const { step } = optimisation;
    const due = this.#later.findLast((tuning) => tuning.afterStep <= step);
    if (due === undefined) return;
    this.#later = this.#later.filter((tuning) => tuning.afterStep > step);
    optimisation.retune(due);
    this.#send({ kind: "retuned", tuning: { ...due, afterStep: step } });
  }
}

function sizeOf(picture: Picture | null) {
  return { width: picture?.width ?? 0, height: picture?.height ?? 0 };
}
