import type { Engine, EngineIdentity, EngineJob, EngineOutcome, EngineRun, EngineSink } from "../process/engine.ts";
import { frameIsDue } from "../../engine/options/frame_due.ts";
import type { TransferFailure, Tuning } from "../types.ts";
import { ToyOptimisation } from "./toy_optimisation.ts";

/** What befalls a run of the fake engine before it would take a step. */
export interface Mishap {
  readonly beforeStep: number;
  readonly outcome: "lost" | "failed";
  readonly failure: TransferFailure;
}

interface Commands {
  stop: boolean;
  readonly tunings: Tuning[];
}

/** An engine inside the test's own process that takes steps when the test lets it. */
export class FakeEngine implements Engine {
  /** What it says of its weights. */
  static readonly WEIGHTS_SHA256 = "0".repeat(64);
  /** Jobs that were run, for looking at. */
  readonly jobs: EngineJob[] = [];
  /** Each befalls once, in order. */
  mishaps: Mishap[] = [];
  /** A checkpoint every so many steps, and at the end. */
  checkpointEvery = 5;
  closed = false;
  /** Whether it takes no notice of `stop`, as one that hangs. */
  deaf = false;
  /** What a step waits for once it is computed: it is reported then, and no command is heard before. */
  during: (step: number) => Promise<void> = () => Promise.resolve();
  /** What a step is said to take. */
  secondsOf: (step: number) => number = () => 0.5;
  /** What `info` waits for, as for an engine that takes long to start. */
  starting: Promise<void> = Promise.resolve();
  /** What `info` throws, as of an engine that cannot start. */
  failure: Error | null = null;
  /** What it takes every picture for. */
  probabilities: Float32Array = new Float32Array(1000).fill(0.001);
  #permits = Infinity;
  #wake: (() => void)[] = [];
  #waitingForPermit: (() => void)[] = [];
  #blocked = false;

  /** Lets no step be taken but by `allow`. */
  hold(): void {
    this.#permits = 0;
  }

  /** Lets so many more steps be taken. */
  allow(steps: number): void {
    this.#permits += steps;
    this.#blocked = false;
    for (const wake of this.#wake.splice(0)) wake();
  }

  /** Resolves when a run has used up what it was allowed. */
  blocked(): Promise<void> {
    if (this.#blocked) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waitingForPermit.push(resolve);
    return promise;
  }

  async info(): Promise<EngineIdentity> {
    await this.starting;
    if (this.failure !== null) throw this.failure;
    return {
      engine: { backend: "fake", device: "cpu", precision: "float32", version: "0" },
      weightsSha256: FakeEngine.WEIGHTS_SHA256,
    };
  }

  run(job: EngineJob, sink: EngineSink): EngineRun {
    this.jobs.push(job);
    const commands: Commands = { stop: false, tunings: [] };
    return {
      outcome: this.#run(job, sink, commands),
      stop: () => {
        commands.stop = true;
        this.allow(0);
      },
      retune: (tuning) => {
        commands.tunings.push(tuning);
        this.allow(0);
      },
    };
  }

  async #run(
    job: EngineJob,
    sink: EngineSink,
    commands: Commands,
  ): Promise<EngineOutcome> {
    const optimisation = new ToyOptimisation(job);
    const checkpoint = () =>
      sink.checkpoint(optimisation.step, optimisation.checkpoint(), optimisation.picture(optimisation.finished));
    if (optimisation.step === 0 && job.options.init.kind === "IMAGE") {
      await sink.step({ step: 0, losses: optimisation.measure(), seconds: 0.5, frame: optimisation.picture() });
    }
    while (!optimisation.finished) {
      for (;;) {
        if (this.closed) return { kind: "lost", failure: { code: "ENGINE_CRASHED", message: "The engine was closed" } };
        for (const tuning of commands.tunings.splice(0)) optimisation.retune(tuning);
        const tuning = optimisation.applyTuning();
        if (tuning !== null) await sink.retuned(tuning);
        if (commands.stop && !this.deaf) {
          await checkpoint();
          return { kind: "stopped" };
        }
        if (this.#permits >= 1) break;
        await this.#permit();
      }
      this.#permits--;
      const [mishap] = this.mishaps;
      if (mishap !== undefined && optimisation.step + 1 >= mishap.beforeStep) {
        this.mishaps.shift();
        const { outcome: kind, failure } = mishap;
        return kind === "lost" ? { kind, failure } : { kind, failure, picture: optimisation.picture() };
      }
      const losses = optimisation.advance();
      const { step } = optimisation;
      await this.during(step);
      const frame = frameIsDue(job.options, step) ? optimisation.picture() : null;
      await sink.step({ step, losses, seconds: this.secondsOf(step), frame });
      if (step % this.checkpointEvery === 0 || optimisation.finished) await checkpoint();
    }
    return { kind: "finished" };
  }

  async #permit(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake.push(resolve);
    this.#blocked = true;
    for (const tell of this.#waitingForPermit.splice(0)) tell();
    await promise;
  }

  classify(_rgb: Uint8Array): Promise<Float32Array> {
    return Promise.resolve(this.probabilities);
  }

  close(): Promise<void> {
    this.closed = true;
    this.allow(0);
    return Promise.resolve();
  }
}
