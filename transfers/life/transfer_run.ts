import { encodePicture } from "../../images/encode.ts";
import type { Retuning } from "../../engine/options/options.ts";
import type { Picture } from "../../engine/picture.ts";
import { GramcastError } from "../../errors.ts";
import { CheckpointWriter } from "./checkpoint_writer.ts";
import type { Engine, EngineIdentity, EngineOutcome, EngineRun, EngineSink, EngineStep } from "../process/engine.ts";
import type { FrameCache } from "../watch/frame_cache.ts";
import type { HeldImages } from "./held_images.ts";
import { frameIsDue } from "../../engine/options/frame_due.ts";
import { assembleJob } from "./job.ts";
import { KeptFrames } from "./kept_frames.ts";
import { type Journal, statusChange } from "./journal.ts";
import { type Log, oneLine } from "../log.ts";
import type { TransferChanges, TransferStore } from "../storage/ports.ts";
import { retuned, withTunables } from "../../engine/options/retune.ts";
import { sameTunables, tuningChanges } from "./tuning.ts";
import type { TransferFailure, TransferRecord, TransferStatus, Tuning } from "../types.ts";

/** Attempts without any progress after which a transfer has failed. */
const MAX_ATTEMPTS = 3;
/** Share of the newest step in the moving mean of seconds per step. */
const MEAN_SHARE = 0.2;

export interface RunPorts {
  readonly store: TransferStore;
  readonly readImage: (id: string) => Promise<Uint8Array>;
  /** Begins to hold images. */
  readonly hold: () => HeldImages;
  readonly journal: Journal;
  readonly frames: FrameCache;
  /** What the kept frames of one transfer may take. */
  readonly maxFramesBytes: number;
  readonly log: Log;
}

/**
 * One transfer on one engine, from its claim to its end.
 *
 * Its log has no hole and no repeat, whatever stops in between: an attempt begins at a checkpoint of step k while the log
 * may hold steps up to n > k. Steps k+1 … n are computed again, which gives the same values, and not logged; the log goes
 * on at n+1.
 */
export class TransferRun implements EngineSink {
  readonly #ports: RunPorts;
  readonly #engine: Engine;
  readonly #frames: KeptFrames;
  readonly #checkpoints: CheckpointWriter;
  readonly #stopAsked = Promise.withResolvers<null>();
  #record: TransferRecord;
  #current: EngineRun | null = null;
  #stopping: "CANCEL" | "SUSPEND" | null = null;
  #lastPicture: { readonly step: number; readonly picture: Picture } | null = null;
  /** Asked for and not yet in force, in order. What is left of an attempt that was lost is asked of the next. */
  #retunings: { readonly tuning: Tuning; readonly resolve: (record: TransferRecord | null) => void }[] = [];
  #unreadable = new Set<number>();

  constructor(ports: RunPorts, engine: Engine, record: TransferRecord) {
    this.#ports = ports;
    this.#engine = engine;
    this.#record = record;
    this.#frames = new KeptFrames(ports.store, record, ports.maxFramesBytes);
    this.#checkpoints = new CheckpointWriter(ports.store, record.id, this.#frames, ports.log);
  }

  get record(): TransferRecord {
    return this.#record;
  }

  /** Stop before the next step and end as CANCELLED. */
  cancel(): void {
    this.#stopping = "CANCEL";
    this.#stop();
  }

  /** Stop before the next step and keep a checkpoint, to go on after a restart. */
  suspend(): void {
    this.#stopping ??= "SUSPEND";
    this.#stop();
  }

  #stop(): void {
    this.#stopAsked.resolve(null);
    this.#current?.stop();
  }

  /**
   * Takes over a retuning that has been checked. Resolves with the record once the weights are in force; null when the transfer ends before. Steps that are logged
   * stay as they are, also where they are being computed again.
   */
  retune(retuning: Retuning): Promise<TransferRecord | null> {
    const { options, step } = this.#record;
    const pending = this.#retunings.at(-1);
    const current = pending === undefined ? options : withTunables(options, pending.tuning);
    const tuning = { afterStep: step, ...retuned(current, retuning) };
    const { promise, resolve } = Promise.withResolvers<TransferRecord | null>();
    this.#retunings.push({ tuning, resolve });
    this.#current?.retune(tuning);
    return promise;
  }

  /** Runs until the transfer has ended or was suspended. */
  async run(): Promise<"ended" | "suspended"> {
    try {
      return await this.#run();
    } catch (error) {
      if (this.#stopping === "SUSPEND") return "suspended";
      this.#ports.log.warn(`Transfer ${this.#record.id} failed by a fault of the server: ${oneLine(error)}`);
      const failure: TransferFailure = error instanceof GramcastError
        ? { code: error.code, message: error.message }
        : { code: "INTERNAL", message: "Cannot go on with the transfer: an internal fault" };
      return await this.#end("FAILED", { failure });
    } finally {
      for (const { resolve } of this.#retunings.splice(0)) resolve(null);
      this.#current = null;
    }
  }

  async #run(): Promise<"ended" | "suspended"> {
    for (;;) {
      if (this.#stopping === "SUSPEND") return "suspended";
      if (this.#stopping === "CANCEL") return await this.#end("CANCELLED");
      // An engine that takes long to start, or is to wait before it does, keeps nobody from stopping.
      const identity = await Promise.race([this.#engine.info(this.#record.weightsSha256), this.#stopAsked.promise]);
      if (identity === null) continue;
      if (!await this.#begin(identity)) return "ended";
      const loggedBefore = this.#record.step;
      const checkpointBefore = this.#checkpoints.newest;
      const { job, step } = await assembleJob(this.#ports, this.#record, this.#unreadable);
      this.#current = this.#engine.run(job, this);
      for (const { tuning } of this.#retunings) this.#current.retune(tuning);
      if (this.#stopping !== null) this.#current.stop();
      const outcome = await this.#current.outcome;
      this.#current = null;
      await this.#checkpoints.settled();
      if (outcome.kind === "failed" && outcome.failure.code === "CHECKPOINT_UNREADABLE" && step > 0) {
        this.#ports.log.warn(`Transfer ${this.#record.id}: ${outcome.failure.message}; taking the one before`);
        this.#unreadable.add(step);
        continue;
      }
      const progressed = this.#record.step > loggedBefore || this.#checkpoints.newest > checkpointBefore;
      const end = await this.#conclude(outcome, progressed);
      if (end !== null) return end;
    }
  }

  /** Marks the transfer as running. False when it has ended meanwhile. */
  async #begin({ engine, weightsSha256 }: EngineIdentity): Promise<boolean> {
    const { id, weightsSha256: before } = this.#record;
    if (before !== null && before !== weightsSha256) {
      this.#ports.log.warn(
        `Transfer ${id} goes on with other weights than it began with: those are not there any more`,
      );
    }
    const changes = { engine, weightsSha256 };
    const record = this.#record.status === "QUEUED"
      ? await this.#append(["QUEUED"], statusChange("RUNNING", this.#record, this.#ports.journal.now(), changes))
      : await this.#append(["RUNNING"], { changes, events: [] });
    return record !== null;
  }

  /** Null to make another attempt. */
  async #conclude(outcome: EngineOutcome, progressed: boolean): Promise<"ended" | "suspended" | null> {
    switch (outcome.kind) {
      case "finished":
        return await this.#succeed();
      case "stopped":
        return this.#stopping === "CANCEL" ? await this.#end("CANCELLED") : "suspended";
      case "failed":
        if (outcome.picture !== null) await this.#keepLast(outcome.picture);
        return await this.#end("FAILED", { failure: outcome.failure });
      case "lost": {
        this.#ports.log.warn(`Transfer ${this.#record.id} at step ${this.#record.step}: ${outcome.failure.message}`);
        if (this.#stopping === "CANCEL") return await this.#end("CANCELLED");
        if (this.#stopping === "SUSPEND") return "suspended";
        const attempts = progressed ? 0 : this.#record.attempts + 1;
        if (attempts >= MAX_ATTEMPTS) return await this.#end("FAILED", { attempts, failure: outcome.failure });
        if (attempts !== this.#record.attempts) {
          await this.#append(["RUNNING"], { changes: { attempts }, events: [] });
        }
        return null;
      }
    }
  }

  async #succeed(): Promise<"ended"> {
    const last = this.#lastPicture;
    if (last === null) throw new Error("The engine finished without a picture");
    const png = await encodePicture(last.picture, { format: "PNG" });
    // Until the transfer is said to have made it, nothing else keeps it.
    await using held = this.#ports.hold();
    const result = await this.#ports.journal.patiently(
      () => held.keep(this.#record.owner, png, { ...last.picture, mimeType: "image/png" }),
    );
    return await this.#end("SUCCEEDED", { resultId: result.id });
  }

  async #end(status: TransferStatus, changes: TransferChanges = {}): Promise<"ended"> {
    await this.#append(
      ["QUEUED", "RUNNING"],
      statusChange(status, this.#record, this.#ports.journal.now(), changes),
    );
    return "ended";
  }

  async step(report: EngineStep): Promise<void> {
    const { id, options } = this.#record;
    if (report.step > 0) this.#ports.journal.tally.countStep(report.seconds);
    if (report.frame !== null) this.#ports.frames.put(id, report.step, report.frame);
    const { frame } = report;
    if (frame !== null && options.keepFrames) {
      await this.#ports.journal.patiently(() => this.#frames.saveDue(report.step, frame));
    }
    // Step 0 is the start picture, where it is shown: it comes before all steps, and again with each attempt.
    const isStart = report.step === 0 && this.#record.step === 0 && this.#record.losses === null;
    if (report.step <= this.#record.step && !isStart) return;
    if (report.step > this.#record.step + 1) {
      throw new Error(`The engine reported step ${report.step} after step ${this.#record.step}`);
    }
    const secondsPerStep = isStart ? null : this.#meanSeconds(report);
    await this.#append(["RUNNING"], {
      changes: {
        step: report.step,
        losses: report.losses,
        secondsPerStep,
        attempts: 0,
        ...(report.frame === null ? {} : { frameStep: report.step }),
      },
      events: [{
        status: "RUNNING",
        step: report.step,
        steps: options.steps,
        losses: report.losses,
        frame: frameIsDue(options, report.step),
        secondsPerStep,
        failure: null,
      }],
    });
  }

  /** Keeps the last good picture of a transfer that has failed. */
  async #keepLast(picture: Picture): Promise<void> {
    const { id, step } = this.#record;
    this.#ports.frames.put(id, step, picture);
    await this.#ports.journal.patiently(() => this.#frames.saveNewest(step, picture));
  }

  /** A moving mean that begins anew with each scale: its steps take another time. */
  #meanSeconds({ step, seconds }: EngineStep): number {
    const mean = this.#record.secondsPerStep;
    let first = 1;
    for (const scale of this.#record.options.scales) {
      if (step === first) return seconds;
      first += scale.steps;
    }
    return mean === null ? seconds : mean + MEAN_SHARE * (seconds - mean);
  }

  checkpoint(step: number, bytes: Uint8Array, picture: Picture): Promise<void> {
    this.#lastPicture = { step, picture };
    this.#checkpoints.save(step, bytes, picture);
    return Promise.resolve();
  }

  async retuned(tuning: Tuning): Promise<void> {
    // Those that were in force when the log was written come again where its steps are computed again.
    const known = this.#record.tunings.some((other) =>
      other.afterStep === tuning.afterStep && sameTunables(other, tuning)
    );
    if (!known) {
      await this.#append(["RUNNING"], { changes: tuningChanges(this.#record, tuning), events: [] });
    }
    // Each retuning holds what those before it asked for.
    const last = this.#retunings.findLastIndex((retuning) => sameTunables(retuning.tuning, tuning));
    for (const { resolve } of this.#retunings.splice(0, last + 1)) resolve(this.#record);
  }

  async #append(from: TransferStatus[], entry: Pick<Parameters<Journal["append"]>[1], "changes" | "events">) {
    const { id } = this.#record;
    const record = await this.#ports.journal.appendPatiently(id, { from, ...entry });
    if (record !== null) this.#record = record;
    return record;
  }
}
