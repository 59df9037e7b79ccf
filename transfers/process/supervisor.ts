import { engineName, LAST_ENGINE } from "../../engine/backends/engines.ts";
import { GramcastError } from "../../errors.ts";
import type { Clock } from "../clock.ts";
import { type Log, oneLine } from "../log.ts";
import type { TransferFailure } from "../types.ts";
import type { Engine, EngineIdentity, EngineJob, EngineOutcome, EngineRun, EngineSink } from "./engine.ts";
import { EngineProcess, type Launch, type ProcessLimits } from "./engine_process.ts";
import type { Message } from "./framing.ts";
import { type Command, jobCommand, pictureOf, type Report } from "./messages.ts";
import { StepDeadline } from "./step_deadline.ts";

export interface SupervisorOptions extends ProcessLimits {
  /** How a process with these weights is started; `without` are engines that it had better not choose. */
  readonly launch: (weights: string, without: readonly string[], signal: AbortSignal) => Launch | Promise<Launch>;
  /** Finds the weights with this hash, or those in force for null and for a hash that nobody knows any more. */
  readonly findWeights: (sha256: string | null) => string;
  /** Operations of a step, for its deadline. */
  readonly stepFlops: (job: EngineJob) => number;
  readonly clock: Clock;
  readonly log: Log;
}

/** Attempts to start a process before that is given up. */
const START_ATTEMPTS = 3;
/** Milliseconds that a process may take to load weights and try its device. */
const START_MILLISECONDS = 120_000;
/** Milliseconds before a process is started again: so many after the first loss, twice as many after each further one. */
const FIRST_BACK_OFF = 100;
/** Losses in a row, without a step between them, after which another engine is to try. */
const LOSSES_OF_AN_ENGINE = 2;
const LONGEST_BACK_OFF = 30_000;

const CLOSED: TransferFailure = { code: "ENGINE_UNAVAILABLE", message: "Cannot go on: the engine is closed" };
const UNSENDABLE: EngineOutcome = {
  kind: "failed",
  failure: { code: "INTERNAL", message: "Cannot begin: the engine cannot be told of this transfer" },
  picture: null,
};
const TOO_LATE: TransferFailure = {
  code: "ENGINE_HUNG",
  message: `Cannot start the engine: it was not ready after ${START_MILLISECONDS / 1000} s`,
};

/** What a run or a classification waits for, and what it does with reports. */
interface Conversation {
  take(message: Message<Report>): Promise<void>;
  lost(failure: TransferFailure): void;
}

/** A process that is up, with the weights it was started with. */
interface Opened {
  readonly process: EngineProcess;
  readonly weights: string;
  readonly identity: EngineIdentity;
}

/**
 * An engine in a process of its own: a native crash, a hang or a kill for memory ends one attempt and not the server. The
 * process is started again by itself, ever later while it makes no progress.
 */
export class Supervisor implements Engine {
  readonly #options: SupervisorOptions;
  #opened: Opened | null = null;
  #opening: Promise<unknown> = Promise.resolve();
  #run: Conversation | null = null;
  readonly #classifications: Conversation[] = [];
  #losses = 0;
  /** Engines that were lost again and again: a device that has failed, or one that is too small for the transfer. */
  readonly #unlucky = new Set<string>();
  readonly #closing = new AbortController();
  readonly #ends = new Set<EngineProcess>();

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  /** Of the process that is up; null while there is none. */
  get pid(): number | null {
    return this.#opened?.process.pid ?? null;
  }

  info(weightsSha256: string | null = null): Promise<EngineIdentity> {
    // One at a time: a second caller finds what the first has started.
    const opening = this.#opening.then(() => this.#open(weightsSha256));
    this.#opening = opening.catch(() => {});
    return opening.then(({ identity }) => identity);
  }

  run(job: EngineJob, sink: EngineSink): EngineRun {
    const opened = this.#opened;
    if (opened === null) {
      return { outcome: Promise.resolve({ kind: "lost", failure: CLOSED }), stop() {}, retune() {} };
    }
    const { process } = opened;
    const { promise, resolve, reject } = Promise.withResolvers<EngineOutcome>();
    const deadline = new StepDeadline(
      this.#options.clock,
      this.#options.stepFlops(job),
      (failure) => process.kill(failure),
    );
    const take = async ({ header, parts }: Message<Report>) => {
      deadline.stop();
      // The run is lost when the process is gone: before, another attempt would still find it.
      if (header.kind === "lost") return process.kill(header.failure);
      const outcome = await this.#report(header, parts, sink);
      if (outcome !== null) {
        this.#trustAgain();
        resolve(outcome);
      } else deadline.begin(header.kind === "step" ? header.seconds : null);
    };
    const run: Conversation = {
      take: (message) => take(message).catch((error) => (process.kill(CLOSED), reject(error))),
      lost: (failure) => resolve({ kind: "lost", failure }),
    };
    this.#run = run;
    deadline.begin(null);
    const outcome = promise.finally(() => {
      deadline.stop();
      this.#run = null;
    });
    process.send(...jobCommand(job)).catch((error) => {
      this.#options.log.warn(`Engine process: ${oneLine(error)}`);
      resolve(UNSENDABLE);
    });
    const tell = (command: Command) => {
      // A run that is over has nothing to say to the one after it.
      if (this.#run === run) void process.send(command);
    };
    return {
      outcome,
      stop: () => tell({ kind: "stop" }),
      retune: (tuning) => tell({ kind: "retune", tuning }),
    };
  }

  async classify(rgb: Uint8Array): Promise<Float32Array> {
    await this.info();
    if (this.#opened === null) throw errorOf(CLOSED);
    const { process } = this.#opened;
    const { promise, resolve, reject } = Promise.withResolvers<Float32Array>();
    this.#classifications.push({
      take: ({ header, parts }) => {
        if (header.kind === "unclassified") reject(errorOf(header.failure));
        else resolve(new Float32Array(parts[0]!.slice().buffer));
        return Promise.resolve();
      },
      lost: (failure) => reject(errorOf(failure)),
    });
    void process.send({ kind: "classify" }, [rgb]);
    return await promise;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    for (const process of this.#ends) process.kill(CLOSED);
    await Promise.all([...this.#ends].map(({ ended }) => ended));
    await this.#opening;
  }

  get #closed(): boolean {
    return this.#closing.signal.aborted;
  }

  /** The process that has these weights; one that has others makes room when nothing runs. */
  async #open(weightsSha256: string | null): Promise<Opened> {
    const weights = this.#options.findWeights(weightsSha256);
    if (this.#opened !== null) {
      const busy = this.#run !== null || this.#classifications.length > 0;
      if (busy || this.#opened.weights === weights || weightsSha256 === this.#opened.identity.weightsSha256) {
        return this.#opened;
      }
      const { process } = this.#opened;
      this.#opened = null;
      process.kill(CLOSED);
      await process.ended;
    }
    for (let attempt = 1;; attempt++) {
      await this.#backOff();
      if (this.#closed) throw errorOf(CLOSED);
      const launch = await this.#options.launch(weights, [...this.#unlucky], this.#closing.signal);
      if (this.#closed) throw errorOf(CLOSED);
      const opened = await this.#start(weights, launch);
      if (!("code" in opened)) return this.#opened = opened;
      if (launch.replaceable !== undefined) this.#unlucky.add(launch.replaceable);
      else if (opened.code !== "ENGINE_CRASHED") throw errorOf(opened);
      if (attempt >= START_ATTEMPTS) throw errorOf(opened);
      this.#losses++;
    }
  }

  /** The next transfer may be smaller: it finds the best engine anew. */
  #trustAgain(): void {
    if (this.#unlucky.size === 0 || this.#classifications.length > 0) return;
    this.#unlucky.clear();
    this.#opened?.process.kill(CLOSED);
    this.#opened = null;
  }

  async #backOff(): Promise<void> {
    if (this.#losses === 0) return;
    const milliseconds = Math.min(LONGEST_BACK_OFF, FIRST_BACK_OFF * 2 ** (this.#losses - 1));
    using delay = this.#options.clock.delay(milliseconds);
    const { promise: closing, resolve } = Promise.withResolvers<void>();
    this.#closing.signal.addEventListener("abort", () => resolve(), { once: true });
    await Promise.race([delay.done, closing]);
  }

  /** Starts a process and waits until it says what it is, or why it cannot. */
  async #start(weights: string, launch: Launch): Promise<Opened | TransferFailure> {
    const { clock, log } = this.#options;
    const { promise, resolve } = Promise.withResolvers<EngineIdentity | TransferFailure>();
    const process = new EngineProcess(
      launch,
      this.#options,
      clock,
      log,
      async (message) => {
        const { header } = message;
        if (header.kind === "ready") resolve(header.identity);
        else if (header.kind === "refused") resolve(header.failure);
        else if (header.kind === "classified" || header.kind === "unclassified") {
          await this.#classifications.shift()?.take(message);
        } else await this.#run?.take(message);
      },
    );
    this.#ends.add(process);
    void process.ended.then((failure) => {
      this.#ends.delete(process);
      resolve(failure);
      if (this.#opened?.process !== process) return;
      const engine = engineName(this.#opened.identity.engine);
      if (++this.#losses >= LOSSES_OF_AN_ENGINE && engine !== LAST_ENGINE) this.#unlucky.add(engine);
      this.#opened = null;
      this.#run?.lost(failure);
      for (const classification of this.#classifications.splice(0)) classification.lost(failure);
    });
    if (this.#closed) process.kill(CLOSED);
    const answer = await this.#withinStartTime(promise);
    if (answer === null || "code" in answer) {
      const failure = answer ?? TOO_LATE;
      process.kill(failure);
      await process.ended;
      return failure;
    }
    return { process, weights, identity: answer };
  }

  /** Null when the answer does not come in time. */
  async #withinStartTime<T>(answer: Promise<T>): Promise<T | null> {
    using late = this.#options.clock.delay(START_MILLISECONDS);
    return await Promise.race([answer, late.done.then(() => null)]);
  }

  /** Hands a report to the sink; answers the outcome when it is the last one. */
  async #report(report: Report, parts: Message<Report>["parts"], sink: EngineSink): Promise<EngineOutcome | null> {
    switch (report.kind) {
      case "step": {
        this.#losses = 0;
        const { step, losses, seconds, size } = report;
        await sink.step({ step, losses, seconds, frame: pictureOf(size, parts[0]) });
        return null;
      }
      case "checkpoint":
        await sink.checkpoint(report.step, parts[0]!, pictureOf(report.size, parts[1])!);
        return null;
      case "retuned":
        await sink.retuned(report.tuning);
        return null;
      case "finished":
      case "stopped":
        return { kind: report.kind };
      case "failed":
        return { kind: "failed", failure: report.failure, picture: pictureOf(report.size, parts[0]) };
      default:
        throw new TypeError(`Cannot take the report ${report.kind} during a transfer`);
    }
  }
}

function errorOf({ code, message }: TransferFailure): GramcastError {
  return new GramcastError(code === "INTERNAL" ? "ENGINE_CRASHED" : code, message);
}
