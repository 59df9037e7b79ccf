import type { Clock } from "../clock.ts";
import { type Log, oneLine } from "../log.ts";
import type { TransferFailure, Tuning } from "../types.ts";
import type { EngineJob, EngineOutcome, EngineRun, EngineSink } from "./engine.ts";
import type { EngineProcess } from "./engine_process.ts";
import { ENGINE_CLOSED } from "./failure.ts";
import type { Message } from "./framing.ts";
import { type Command, jobCommand, pictureOf, type Report } from "./messages.ts";
import { StepDeadline } from "./step_deadline.ts";

const UNSENDABLE: EngineOutcome = {
  kind: "failed",
  failure: { code: "INTERNAL", message: "Cannot begin: the transfer does not fit into a message to the engine" },
  picture: null,
};

/** What a run needs besides its job. */
export interface RunTools {
  /** Operations of a step, for its deadline. */
  readonly stepFlops: (job: EngineJob) => number;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * A transfer on an engine process. Until it has its outcome it either waits for a report, and its deadline runs, or hands
 * one to the sink, and the deadline does not.
 */
export class ProcessRun implements EngineRun {
  readonly outcome: Promise<EngineOutcome>;
  readonly #process: EngineProcess;
  readonly #sink: EngineSink;
  readonly #deadline: StepDeadline;
  readonly #resolve: (outcome: EngineOutcome) => void;
  readonly #reject: (error: unknown) => void;
  #over = false;

  /** Tells the process to begin. */
  constructor(process: EngineProcess, job: EngineJob, sink: EngineSink, { stepFlops, clock, log }: RunTools) {
    ({ promise: this.outcome, resolve: this.#resolve, reject: this.#reject } = Promise.withResolvers<EngineOutcome>());
    this.#process = process;
    this.#sink = sink;
    this.#deadline = new StepDeadline(clock, stepFlops(job), (failure) => process.kill(failure));
    this.#deadline.begin(null);
    process.send(...jobCommand(job)).catch((error) => {
      log.warn(`Engine process: ${oneLine(error)}`);
      this.#end(UNSENDABLE);
    });
  }

  stop(): void {
    this.#tell({ kind: "stop" });
  }

  retune(tuning: Tuning): void {
    this.#tell({ kind: "retune", tuning });
  }

  /** Takes the next report; resolves when the sink has. */
  async take(report: Message<Report>): Promise<void> {
    this.#deadline.stop();
    try {
      const lastSeconds = report.header.kind === "step" ? report.header.seconds : null;
      await this.#handle(report);
      if (!this.#over) this.#deadline.begin(lastSeconds);
    } catch (error) {
      this.#process.kill(ENGINE_CLOSED);
      this.#over = true;
      this.#reject(error);
    }
  }

  /** The process is gone. */
  lost(failure: TransferFailure): void {
    this.#end({ kind: "lost", failure });
  }

  async #handle({ header, parts }: Message<Report>): Promise<void> {
    switch (header.kind) {
      case "step": {
        const { step, losses, seconds, size } = header;
        return await this.#sink.step({ step, losses, seconds, frame: pictureOf(size, parts[0]) });
      }
      case "checkpoint":
        return await this.#sink.checkpoint(header.step, parts[0]!, pictureOf(header.size, parts[1])!);
      case "retuned":
        return await this.#sink.retuned(header.tuning);
      case "finished":
      case "stopped":
        return this.#end({ kind: header.kind });
      case "failed":
        return this.#end({ kind: "failed", failure: header.failure, picture: pictureOf(header.size, parts[0]) });
      case "lost":
        // The run is over when the process is gone: before, another attempt would still find it.
        return this.#process.kill(header.failure);
      default:
        throw new TypeError(`Cannot take the report ${header.kind} during a transfer`);
    }
  }

  /** A run that is over has nothing to say to the one after it. */
  #tell(command: Command): void {
    if (!this.#over) void this.#process.send(command);
  }

  #end(outcome: EngineOutcome): void {
    this.#over = true;
    this.#deadline.stop();
    this.#resolve(outcome);
  }
}
