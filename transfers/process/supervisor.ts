import { engineName } from "../../engine/backends/engines.ts";
import { Turns } from "../turns.ts";
import { Classifier } from "./classifier.ts";
import type { Engine, EngineIdentity, EngineJob, EngineRun, EngineSink } from "./engine.ts";
import type { Launch } from "./engine_process.ts";
import { EngineSession, type SessionOptions } from "./engine_session.ts";
import { ENGINE_CLOSED, errorOf } from "./failure.ts";
import { RestartPolicy } from "./restart_policy.ts";

export interface SupervisorOptions extends SessionOptions {
  /** How a process with these weights is started; `without` are engines that it had better not choose. */
  readonly launch: (weights: string, without: readonly string[], signal: AbortSignal) => Launch | Promise<Launch>;
  /** How a process that classifies with these weights is started. */
  readonly launchClassifier: (weights: string) => Launch;
  /** Finds the weights with this hash, or those in force for null and for a hash that nobody knows any more. */
  readonly findWeights: (sha256: string | null) => string;
}

/** Milliseconds that a transfer which is to stop may take for its present step, or for what comes before the first. */
const STOP_MILLISECONDS = 10_000;
/** Attempts to start a process before that is given up. */
const START_ATTEMPTS = 3;

/** A session whose process is up, with the weights it was started with. */
interface Opened {
  readonly session: EngineSession;
  readonly weights: string;
  readonly identity: EngineIdentity;
  /** Resolves when the process is gone and no transfer can come to it any more. */
  readonly gone: Promise<void>;
}

/**
 * An engine in a process of its own: a native crash, a hang or a kill for memory ends one attempt and not the server. The
 * process is started again when it is asked for, ever later while it makes no progress.
 */
export class Supervisor implements Engine {
  readonly #options: SupervisorOptions;
  readonly #classifier: Classifier;
  readonly #restarts = new RestartPolicy();
  readonly #closing = new AbortController();
  /** One opening at a time: a second caller finds what the first has started. */
  readonly #openings = new Turns();
  /** All whose process is not gone yet. */
  readonly #sessions = new Set<EngineSession>();
  /** The one that takes transfers; null while there is none. */
  #opened: Opened | null = null;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#classifier = new Classifier(() => options.launchClassifier(options.findWeights(null)), options);
  }

  /** Of the process that is up; null while there is none. */
  get pid(): number | null {
    return this.#opened?.session.pid ?? null;
  }

  async info(weightsSha256: string | null = null): Promise<EngineIdentity> {
    return (await this.#openings.take(() => this.#open(weightsSha256))).identity;
  }

  run(job: EngineJob, sink: EngineSink): EngineRun {
    if (this.#opened === null) {
      return { outcome: Promise.resolve({ kind: "lost", failure: ENGINE_CLOSED }), stop() {}, retune() {} };
    }
    const { session, gone } = this.#opened;
    const run = session.run(job, {
      step: (step) => {
        this.#restarts.stepTaken();
        return sink.step(step);
      },
      checkpoint: (step, bytes, picture) => sink.checkpoint(step, bytes, picture),
      retuned: (tuning) => sink.retuned(tuning),
    });
    return {
      outcome: run.outcome.then(async (outcome) => {
        if (outcome.kind === "lost") await gone;
        else this.#chooseAnew();
        return outcome;
      }),
      stop: () => {
        run.stop();
        void this.#endUnlessStopped(session, run);
      },
      retune: (tuning) => run.retune(tuning),
    };
  }

  /** Whoever stops a transfer does not wait for a step of minutes; its process makes room for another, which is no loss. */
  async #endUnlessStopped(session: EngineSession, run: EngineRun): Promise<void> {
    using patience = this.#options.clock.delay(STOP_MILLISECONDS);
    const over = run.outcome.then(() => true, () => true);
    if (await Promise.race([over, patience.done.then(() => false)])) return;
    if (this.#opened?.session === session) await this.#retire();
  }

  async classify(rgb: Uint8Array): Promise<Float32Array> {
    return await this.#classifier.classify(rgb);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all([this.#classifier.close(), ...[...this.#sessions].map((session) => session.end(ENGINE_CLOSED))]);
    await this.#openings.take(() => Promise.resolve());
  }

  /** A session with these weights; one with others makes room when nobody waits for it. */
  async #open(weightsSha256: string | null): Promise<Opened> {
    const weights = this.#options.findWeights(weightsSha256);
    if (this.#opened !== null) {
      const { session, weights: present, identity } = this.#opened;
      if (session.busy || present === weights || identity.weightsSha256 === weightsSha256) return this.#opened;
      await this.#retire();
    }
    for (let attempt = 1;; attempt++) {
      await this.#pause(this.#restarts.pause);
      this.#throwIfClosed();
      const launch = await this.#options.launch(weights, this.#restarts.avoided, this.#closing.signal);
      this.#throwIfClosed();
      const session = new EngineSession(launch, this.#options);
      const gone = this.#follow(session);
      const greeting = await session.greeting();
      if ("identity" in greeting) return this.#opened = { session, weights, identity: greeting.identity, gone };
      const { failure } = greeting;
      if (launch.replaceable !== undefined) this.#restarts.avoid(launch.replaceable);
      else if (failure.code !== "ENGINE_CRASHED") throw errorOf(failure);
      if (attempt >= START_ATTEMPTS) throw errorOf(failure);
      this.#restarts.lost();
    }
  }

  /** Takes note of a session, and of its end. */
  async #follow(session: EngineSession): Promise<void> {
    this.#sessions.add(session);
    await session.ended;
    this.#sessions.delete(session);
    if (this.#opened?.session !== session) return;
    this.#restarts.lost(engineName(this.#opened.identity.engine));
    this.#opened = null;
  }

  /** After a transfer all engines may be chosen again: one that stands in for another makes room. */
  #chooseAnew(): void {
    if (this.#restarts.avoided.length === 0) return;
    this.#restarts.forgive();
    void this.#retire();
  }

  /** Ends the session that is open, which is no loss. */
  async #retire(): Promise<void> {
    const opened = this.#opened;
    this.#opened = null;
    await opened?.session.end(ENGINE_CLOSED);
  }

  async #pause(milliseconds: number): Promise<void> {
    if (milliseconds === 0) return;
    using delay = this.#options.clock.delay(milliseconds);
    const { promise: closing, resolve } = Promise.withResolvers<void>();
    this.#closing.signal.addEventListener("abort", () => resolve(), { once: true });
    await Promise.race([delay.done, closing]);
  }

  #throwIfClosed(): void {
    if (this.#closing.signal.aborted) throw errorOf(ENGINE_CLOSED);
  }
}
