import type { TransferFailure } from "../types.ts";
import type { EngineIdentity, EngineJob, EngineSink } from "./engine.ts";
import { EngineProcess, type Launch, type ProcessLimits } from "./engine_process.ts";
import { errorOf } from "./failure.ts";
import type { Message } from "./framing.ts";
import type { Report } from "./messages.ts";
import { ProcessRun, type RunTools } from "./process_run.ts";

/** Milliseconds that a process may take to load weights and try its device. */
const START_MILLISECONDS = 120_000;

const TOO_LATE: TransferFailure = {
  code: "ENGINE_HUNG",
  message: `Cannot start the engine: it was not ready after ${START_MILLISECONDS / 1000} s`,
};

export interface SessionOptions extends ProcessLimits, RunTools {
  /** Keeps what a process has measured of its GPU; the next report waits for it. */
  readonly keepMeasurements?: (text: string) => Promise<void>;
}

/** Why it cannot compute, or what it computes with. */
type Greeting = { readonly failure: TransferFailure } | { readonly identity: EngineIdentity };

/** Settles a classification. */
type Classification = (answer: Float32Array | TransferFailure) => void;

/** One engine process and the conversation with it: first it says what it is, then it runs transfers, or classifies. */
export class EngineSession {
  /** What it was ended for, or how it ended by itself; resolves when it is gone. */
  readonly ended: Promise<TransferFailure>;
  readonly #process: EngineProcess;
  readonly #options: SessionOptions;
  readonly #greeting = Promise.withResolvers<Greeting>();
  #run: ProcessRun | null = null;
  /** Asked and not yet answered, in order. */
  readonly #classifications: Classification[] = [];

  constructor(launch: Launch, options: SessionOptions) {
    this.#options = options;
    this.#process = new EngineProcess(launch, options, options.clock, options.log, (report) => this.#take(report));
    this.ended = this.#process.ended.then((failure) => this.#tellAll(failure));
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** Whether a transfer runs on it. */
  get busy(): boolean {
    return this.#run !== null;
  }

  /** What it computes with, or why it cannot; then it is gone. */
  async greeting(): Promise<Greeting> {
    using late = this.#options.clock.delay(START_MILLISECONDS);
    const greeting = await Promise.race([this.#greeting.promise, late.done.then(() => ({ failure: TOO_LATE }))]);
    if ("failure" in greeting) await this.end(greeting.failure);
    return greeting;
  }

  /** Runs a transfer; the one before is over. */
  run(job: EngineJob, sink: EngineSink): ProcessRun {
    const run = new ProcessRun(this.#process, job, sink, this.#options);
    const forget = () => void (this.#run = null);
    run.outcome.then(forget, forget);
    return this.#run = run;
  }

  /** @throws {GramcastError} */
  async classify(rgb: Uint8Array): Promise<Float32Array> {
    const { promise, resolve } = Promise.withResolvers<Float32Array | TransferFailure>();
    this.#classifications.push(resolve);
    void this.#process.send({ kind: "classify" }, [rgb]);
    const answer = await promise;
    if (answer instanceof Float32Array) return answer;
    throw errorOf(answer);
  }

  /** Ends the process at once, and resolves when it is gone. */
  async end(verdict: TransferFailure): Promise<void> {
    this.#process.kill(verdict);
    await this.ended;
  }

  async #take(report: Message<Report>): Promise<void> {
    const { header, parts } = report;
    switch (header.kind) {
      case "ready":
        return this.#greeting.resolve({ identity: header.identity });
      case "measured":
        return await this.#options.keepMeasurements?.(header.text);
      case "refused":
        return this.#greeting.resolve({ failure: header.failure });
      case "classified":
        return this.#classifications.shift()?.(new Float32Array(parts[0]!.slice().buffer));
      case "unclassified":
        return this.#classifications.shift()?.(header.failure);
      default:
        await this.#run?.take(report);
    }
  }

  /** Tells all that wait for it that it is gone. */
  #tellAll(failure: TransferFailure): TransferFailure {
    this.#greeting.resolve({ failure });
    this.#run?.lost(failure);
    for (const answer of this.#classifications.splice(0)) answer(failure);
    return failure;
  }
}
