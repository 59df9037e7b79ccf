import type { Retuning } from "../../engine/options/options.ts";
import { frameOfStep, framesIn, stepsBefore } from "../../engine/options/moving_schedule.ts";
import type { Picture } from "../../engine/picture.ts";
import { GramcastError } from "../../errors.ts";
import { movingColors } from "../../images/moving.ts";
import { lazy } from "../lazy.ts";
import { type Log, oneLine } from "../log.ts";
import type { Engine, EngineIdentity, EngineOutcome, EngineRun } from "../process/engine.ts";
import { type Claim, ClaimLost, type LiveFrames, type TransferChanges, type TransferStore } from "../storage/ports.ts";
import type { EndStatus, TransferFailure, TransferRecord } from "../types.ts";
import type { FrameCache } from "../watch/frame_cache.ts";
import { CheckpointWriter } from "./checkpoint_writer.ts";
import { FrameSink, withinFrame } from "./frame_sink.ts";
import type { HeldImages } from "./held_images.ts";
import { assembleJob } from "./job.ts";
import type { Journal } from "./journal.ts";
import { KeptFrames } from "./kept_frames.ts";
import { LiveRecord } from "./live_record.ts";
import { makeResult } from "./result.ts";
import { Retunings } from "./retunings.ts";
import { RunReports } from "./run_reports.ts";

/** Attempts without any progress after which a transfer has failed. */
const MAX_ATTEMPTS = 3;

export interface RunPorts {
  readonly store: TransferStore;
  readonly readImage: (id: string) => Promise<Uint8Array>;
  /** What a transfer's result says it was made from. */
  readonly recipe: (record: TransferRecord) => Promise<string>;
  /** Begins to hold images. */
  readonly hold: () => HeldImages;
  readonly journal: Journal;
  readonly frames: FrameCache;
  /** What the kept frames of one transfer may take. */
  readonly maxFramesBytes: number;
  /** Where frames are shown to other servers; null where there are none. */
  readonly liveFrames: LiveFrames | null;
  readonly log: Log;
}

/**
 * How a run ends: the transfer has; or it goes on from its last checkpoint after a restart, or with another worker; or it is
 * not this run's any more: another worker has claimed it, or somebody else has ended it.
 */
export type RunEnd = "ended" | "suspended" | "lost";

/** How one attempt has ended. */
interface Attempt {
  readonly outcome: EngineOutcome;
  /** Step of the checkpoint that it began with, or before the frame that it began. */
  readonly from: number;
  /** Steps of the frames of the content before its own. */
  readonly before: number;
  /** Whether it left a new step in the log, or a new checkpoint. */
  readonly progressed: boolean;
}

/** One transfer on one engine, from its claim to its end, in as many attempts as it takes. */
export class TransferRun {
  readonly #ports: RunPorts;
  readonly #engine: Engine;
  readonly #record: LiveRecord;
  readonly #keptFrames: KeptFrames;
  readonly #checkpoints: CheckpointWriter;
  readonly #retunings: Retunings;
  readonly #reports: RunReports;
  readonly #unreadableCheckpoints = new Set<number>();
  /** What it is to do before its next step. */
  #intent: "RUN" | "SUSPEND" | "CANCEL" | "LOSE" = "RUN";
  /** Those of all frames: reading them takes as long as all frames do. */
  readonly #colors: () => Promise<Uint8Array>;
  readonly #stopAsked = Promise.withResolvers<null>();
  /** Of the present attempt. */
  #engineRun: EngineRun | null = null;
  /** Steps of the frames of the content before the one of the present attempt. */
  #before = 0;

  /** @param claim By which it is this worker's. */
  constructor(ports: RunPorts, engine: Engine, record: TransferRecord, claim: Claim) {
    const { journal, frames, maxFramesBytes, liveFrames, log } = ports;
    const store = ports.store.under(claim);
    this.#ports = ports;
    this.#engine = engine;
    this.#record = new LiveRecord(journal, store, record);
    this.#retunings = new Retunings(record);
    this.#colors = lazy(async () =>
      await movingColors(await ports.readImage(record.contentId), framesIn(record.options))
    );
    this.#keptFrames = new KeptFrames(store, record, maxFramesBytes);
    this.#checkpoints = new CheckpointWriter(store, record.id, this.#keptFrames, log, () => this.lose());
    this.#reports = new RunReports({
      record: this.#record,
      journal,
      frames,
      keptFrames: this.#keptFrames,
      checkpoints: this.#checkpoints,
      retunings: this.#retunings,
      show: liveFrames && ((frame) => liveFrames.show(claim, frame)),
      lost: () => this.lose(),
    });
  }

  get record(): TransferRecord {
    return this.#record.now;
  }

  /** Stop before the next step and end as CANCELLED. */
  cancel(): void {
    if (this.#intent !== "LOSE") this.#stop("CANCEL");
  }

  /** It is not this run's any more: stop at once and write nothing. */
  lose(): void {
    if (this.#intent !== "LOSE") this.#stop("LOSE");
  }

  /** Stop before the next step and keep a checkpoint, to continue after a restart. */
  suspend(): void {
    if (this.#intent === "RUN") this.#stop("SUSPEND");
  }

  /**
   * Takes over a retuning that has been checked. Resolves with the record once it is written there; null when the transfer
   * has ended or is another worker's. The engine's next step is computed with it. Steps that are logged stay as they are, also where they are being
   * computed again.
   *
   * @throws {GramcastError} STORAGE_FULL
   */
  async retune(retuning: Retuning): Promise<TransferRecord | null> {
    if (!await this.#acceptRetuning(retuning)) return null;
    this.#tellOfRetuning();
    return this.record;
  }

  async #acceptRetuning(retuning: Retuning): Promise<boolean> {
    try {
      return await this.#record.appendAtOnce((record) => ({
        changes: this.#retunings.accepted(record, retuning),
        events: [],
      }));
    } catch (error) {
      if (!(error instanceof ClaimLost)) throw error;
      this.lose();
      return false;
    }
  }

  /** Runs until the transfer has ended or was suspended or lost. */
  async run(): Promise<RunEnd> {
    const end = await this.#run().catch((error): RunEnd => {
      if (error instanceof ClaimLost) return "lost";
      throw error;
    });
    // Whoever has it now has newer frames.
    if (end === "lost") this.#ports.frames.forget(this.record.id);
    // It is kept in the store: with the last checkpoint, or as the last picture of one that has failed.
    if (end === "ended") await this.#ports.liveFrames?.remove(this.record.id).catch(() => {});
    return end;
  }

  async #run(): Promise<RunEnd> {
    const { journal } = this.#ports;
    try {
      for (;;) {
        // What is read may be away, too.
        const end = this.#intent === "RUN" ? await journal.patiently(() => this.#tryOnce()) : await this.#stopped();
        if (end !== null) return end;
      }
    } catch (error) {
      if (this.#intent === "LOSE" || error instanceof ClaimLost) return "lost";
      if (this.#intent === "SUSPEND") return "suspended";
      this.#ports.log.warn(`Transfer ${this.record.id} failed through a bug of the server: ${oneLine(error)}`);
      return await this.#fail(
        error instanceof GramcastError
          ? { code: error.code, message: error.message }
          : { code: "INTERNAL", message: "Cannot continue the transfer: an internal error" },
      );
    } finally {
      this.#engineRun = null;
    }
  }

  #tellOfRetuning(): void {
    const tuning = this.#retunings.waiting(this.record);
    if (tuning !== null) this.#engineRun?.retune(withinFrame(tuning, this.#before));
  }

  #stop(intent: "SUSPEND" | "CANCEL" | "LOSE"): void {
    this.#intent = intent;
    this.#stopAsked.resolve(null);
    this.#engineRun?.stop();
  }

  /** Null where it is to be tried again, or to stop. */
  async #tryOnce(): Promise<RunEnd | null> {
    // An engine that takes long to start, or is to wait before it does, keeps nobody from stopping.
    const identity = await Promise.race([this.#engine.info(this.record.weightsSha256), this.#stopAsked.promise]);
    if (identity === null) return null;
    if (!await this.#begin(identity)) return "lost";
    return await this.#conclude(await this.#attempt());
  }

  /** Marks the transfer as running. False when it has ended meanwhile. */
  async #begin({ engine, weightsSha256 }: EngineIdentity): Promise<boolean> {
    const { id, status, weightsSha256: before } = this.record;
    if (before !== null && before !== weightsSha256) {
      this.#ports.log.warn(
        `Transfer ${id} goes on with other weights than it began with: those are not there any more`,
      );
    }
    const changes = { engine, weightsSha256 };
    if (status !== "QUEUED") return await this.#record.append(() => ({ changes, events: [] }));
    const queued = await this.#queuedAt();
    const began = await this.#record.changeStatus("RUNNING", changes);
    const { journal } = this.#ports;
    if (began) journal.observer.began(this.record, Math.max(0, journal.now() - queued) / 1000);
    return began;
  }

  /** Milliseconds since the epoch; of a transfer that is queued, whose newest event says so. */
  async #queuedAt(): Promise<number> {
    const { id, sequence, createdAt } = this.record;
    const [queued] = await this.#ports.store.events(id, sequence - 1, 1);
    return queued?.at ?? createdAt;
  }

  async #attempt(): Promise<Attempt> {
    const checkpointBefore = this.#checkpoints.newest;
    // Not while a retuning is written: it may take the place of one that this job has.
    const record = await this.#record.whileStill((record) => this.#retunings.begin(record));
    const { job, step: from, before } = await assembleJob(
      { ...this.#ports, colors: this.#colors },
      record,
      this.#unreadableCheckpoints,
    );
    this.#before = before;
    const { observer } = this.#ports.journal;
    observer.attempted(this.record, from);
    const engineRun = this.#engineRun = this.#engine.run(job, new FrameSink(this.#reports, before));
    // What was asked for while its job was assembled.
    this.#tellOfRetuning();
    if (this.#intent !== "RUN") engineRun.stop();
    const outcome = await engineRun.outcome;
    this.#engineRun = null;
    observer.left(this.record, outcome.kind);
    await this.#checkpoints.settled();
    const progressed = this.record.step > record.step || this.#checkpoints.newest > checkpointBefore;
    return { outcome, from, before, progressed };
  }

  /** Null to make another attempt. */
  async #conclude({ outcome, from, before, progressed }: Attempt): Promise<RunEnd | null> {
    if (this.#intent === "LOSE") return "lost";
    switch (outcome.kind) {
      case "finished":
        return await this.#finish(before);
      case "stopped":
        return await this.#stopped();
      case "failed":
        if (outcome.failure.code === "CHECKPOINT_UNREADABLE" && from > before) {
          this.#ports.log.warn(`Transfer ${this.record.id}: ${outcome.failure.message}; using the one before`);
          this.#unreadableCheckpoints.add(from);
          return null;
        }
        if (outcome.picture !== null) await this.#keepLast(outcome.picture);
        return await this.#fail(outcome.failure);
      case "lost":
        this.#ports.log.warn(`Transfer ${this.record.id} at step ${this.record.step}: ${outcome.failure.message}`);
        return this.#intent === "RUN" ? await this.#afterLoss(outcome.failure, progressed) : await this.#stopped();
    }
  }

  /** Another attempt, unless there were too many without any progress. */
  async #afterLoss(failure: TransferFailure, progressed: boolean): Promise<RunEnd | null> {
    const before = this.record.attempts;
    const attempts = progressed ? 0 : before + 1;
    if (attempts >= MAX_ATTEMPTS) return await this.#fail(failure, attempts);
    if (attempts !== before) await this.#record.append(() => ({ changes: { attempts }, events: [] }));
    return null;
  }

  async #stopped(): Promise<RunEnd> {
    if (this.#intent !== "CANCEL") return this.#intent === "LOSE" ? "lost" : "suspended";
    return await this.#end("CANCELLED");
  }

  async #fail(failure: TransferFailure, attempts = this.record.attempts): Promise<RunEnd> {
    return await this.#end("FAILED", { attempts, failure });
  }

  async #end(status: EndStatus, changes: TransferChanges = {}): Promise<RunEnd> {
    return await this.#record.changeStatus(status, changes) ? "ended" : "lost";
  }

  /** A frame of the content is painted: null to go on with the next. @param before Steps of the frames before it. */
  async #finish(before: number): Promise<RunEnd | null> {
    const picture = this.#reports.lastPicture;
    if (picture === null) throw new Error("The engine finished without a picture");
    const { options } = this.record;
    if (framesIn(options) === 1) return await this.#succeed(picture);
    const { frame } = frameOfStep(options, before + 1);
    // The next frame begins with it.
    await this.#ports.journal.patiently(() => this.#keptFrames.saveFinished(stepsBefore(options, frame + 1), picture));
    return frame + 1 < framesIn(options) ? null : await this.#succeed(picture);
  }

  async #succeed(picture: Picture): Promise<RunEnd> {
    const recipe = await this.#ports.recipe(this.record);
    const { bytes, mimeType } = await makeResult(this.#ports, this.record, picture, recipe);
    // Until the transfer is said to have made it, nothing else keeps it.
    await using held = this.#ports.hold();
    const result = await this.#ports.journal.patiently(
      () => held.keep(this.record.owner, bytes, { ...picture, mimeType }),
    );
    return await this.#end("SUCCEEDED", { resultId: result.id });
  }

  /** Keeps the last good picture of a transfer that has failed. */
  async #keepLast(picture: Picture): Promise<void> {
    const { id, step } = this.record;
    this.#ports.frames.put(id, step, picture);
    await this.#ports.journal.patiently(() => this.#keptFrames.saveNewest(step, picture));
  }
}
