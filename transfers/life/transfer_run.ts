import type { Retuning } from "../../engine/options/options.ts";
import type { Picture } from "../../engine/picture.ts";
import { GramcastError } from "../../errors.ts";
import { encodePicture } from "../../images/encode.ts";
import { type Log, oneLine } from "../log.ts";
import type { Engine, EngineIdentity, EngineOutcome, EngineRun } from "../process/engine.ts";
import type { TransferStore } from "../storage/ports.ts";
import type { TransferFailure, TransferRecord } from "../types.ts";
import type { FrameCache } from "../watch/frame_cache.ts";
import { CheckpointWriter } from "./checkpoint_writer.ts";
import type { HeldImages } from "./held_images.ts";
import { assembleJob } from "./job.ts";
import type { Journal } from "./journal.ts";
import { KeptFrames } from "./kept_frames.ts";
import { LiveRecord } from "./live_record.ts";
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
  readonly log: Log;
}

/** How a run ends: the transfer has, or it goes on from its last checkpoint after a restart. */
type End = "ended" | "suspended";

/** How one attempt has ended. */
interface Attempt {
  readonly outcome: EngineOutcome;
  /** Step of the checkpoint that it began with; 0 where it began from the start. */
  readonly from: number;
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
  #intent: "RUN" | "SUSPEND" | "CANCEL" = "RUN";
  readonly #stopAsked = Promise.withResolvers<null>();
  /** Of the present attempt. */
  #engineRun: EngineRun | null = null;

  constructor(ports: RunPorts, engine: Engine, record: TransferRecord) {
    const { store, journal, frames, maxFramesBytes, log } = ports;
    this.#ports = ports;
    this.#engine = engine;
    this.#record = new LiveRecord(journal, record);
    this.#retunings = new Retunings(record);
    this.#keptFrames = new KeptFrames(store, record, maxFramesBytes);
    this.#checkpoints = new CheckpointWriter(store, record.id, this.#keptFrames, log);
    this.#reports = new RunReports({
      record: this.#record,
      journal,
      frames,
      keptFrames: this.#keptFrames,
      checkpoints: this.#checkpoints,
      retunings: this.#retunings,
    });
  }

  get record(): TransferRecord {
    return this.#record.now;
  }

  /** Stop before the next step and end as CANCELLED. */
  cancel(): void {
    this.#stop("CANCEL");
  }

  /** Stop before the next step and keep a checkpoint, to continue after a restart. */
  suspend(): void {
    if (this.#intent === "RUN") this.#stop("SUSPEND");
  }

  /**
   * Takes over a retuning that has been checked. Resolves with the record once it is written there; null when the transfer
   * has ended. The engine's next step is computed with it. Steps that are logged stay as they are, also where they are being
   * computed again.
   *
   * @throws {GramcastError} STORAGE_FULL
   */
  async retune(retuning: Retuning): Promise<TransferRecord | null> {
    const accepted = await this.#record.appendAtOnce((record) => ({
      changes: this.#retunings.accepted(record, retuning),
      events: [],
    }));
    if (!accepted) return null;
    this.#tellOfRetuning();
    return this.record;
  }

  /** Runs until the transfer has ended or was suspended. */
  async run(): Promise<End> {
    try {
      for (;;) {
        const end = this.#intent === "RUN" ? await this.#tryOnce() : await this.#stopped();
        if (end !== null) return end;
      }
    } catch (error) {
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
    if (tuning !== null) this.#engineRun?.retune(tuning);
  }

  #stop(intent: "SUSPEND" | "CANCEL"): void {
    this.#intent = intent;
    this.#stopAsked.resolve(null);
    this.#engineRun?.stop();
  }

  /** Null where it is to be tried again, or to stop. */
  async #tryOnce(): Promise<End | null> {
    // An engine that takes long to start, or is to wait before it does, keeps nobody from stopping.
    const identity = await Promise.race([this.#engine.info(this.record.weightsSha256), this.#stopAsked.promise]);
    if (identity === null) return null;
    if (!await this.#begin(identity)) return "ended";
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
    const { job, step: from } = await assembleJob(this.#ports, record, this.#unreadableCheckpoints);
    const { observer } = this.#ports.journal;
    observer.attempted(this.record, from);
    const engineRun = this.#engineRun = this.#engine.run(job, this.#reports);
    // What was asked for while its job was assembled.
    this.#tellOfRetuning();
    if (this.#intent !== "RUN") engineRun.stop();
    const outcome = await engineRun.outcome;
    this.#engineRun = null;
    observer.left(this.record, outcome.kind);
    await this.#checkpoints.settled();
    const progressed = this.record.step > record.step || this.#checkpoints.newest > checkpointBefore;
    return { outcome, from, progressed };
  }

  /** Null to make another attempt. */
  async #conclude({ outcome, from, progressed }: Attempt): Promise<End | null> {
    switch (outcome.kind) {
      case "finished":
        return await this.#succeed();
      case "stopped":
        return await this.#stopped();
      case "failed":
        if (outcome.failure.code === "CHECKPOINT_UNREADABLE" && from > 0) {
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
  async #afterLoss(failure: TransferFailure, progressed: boolean): Promise<End | null> {
    const before = this.record.attempts;
    const attempts = progressed ? 0 : before + 1;
    if (attempts >= MAX_ATTEMPTS) return await this.#fail(failure, attempts);
    if (attempts !== before) await this.#record.append(() => ({ changes: { attempts }, events: [] }));
    return null;
  }

  async #stopped(): Promise<End> {
    if (this.#intent !== "CANCEL") return "suspended";
    await this.#record.changeStatus("CANCELLED");
    return "ended";
  }

  async #fail(failure: TransferFailure, attempts = this.record.attempts): Promise<End> {
    await this.#record.changeStatus("FAILED", { attempts, failure });
    return "ended";
  }

  async #succeed(): Promise<End> {
    const picture = this.#reports.lastPicture;
    if (picture === null) throw new Error("The engine finished without a picture");
    const recipe = await this.#ports.recipe(this.record);
    const png = await encodePicture(picture, { format: "PNG", recipe });
    // Until the transfer is said to have made it, nothing else keeps it.
    await using held = this.#ports.hold();
    const result = await this.#ports.journal.patiently(
      () => held.keep(this.record.owner, png, { ...picture, mimeType: "image/png" }),
    );
    await this.#record.changeStatus("SUCCEEDED", { resultId: result.id });
    return "ended";
  }

  /** Keeps the last good picture of a transfer that has failed. */
  async #keepLast(picture: Picture): Promise<void> {
    const { id, step } = this.record;
    this.#ports.frames.put(id, step, picture);
    await this.#ports.journal.patiently(() => this.#keptFrames.saveNewest(step, picture));
  }
}
