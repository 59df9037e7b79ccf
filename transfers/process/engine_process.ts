import type { Clock } from "../clock.ts";
import { type Log, oneLine } from "../log.ts";
import { outOfScope } from "../log_scope.ts";
import type { TransferFailure } from "../types.ts";
import { type Message, readMessages } from "./framing.ts";
import { MessageWriter } from "./message_writer.ts";
import type { Command, Report } from "./messages.ts";
import { memoryOf } from "./sign_of_life.ts";

/** How an engine process is started. */
export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  /** Variables beside those of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** The engine, where another may take its place if it does not start. */
  readonly replaceable?: string;
}

export interface ProcessLimits {
  /** Bytes of memory above which it is ended. */
  readonly memoryBytes: number;
  /** Milliseconds without any sign of life after which it is ended. */
  readonly silenceMilliseconds: number;
}

/** One engine process, from its start to its end. */
export class EngineProcess {
  /** What it was ended for, or how it ended by itself; resolves when it is gone. */
  readonly ended: Promise<TransferFailure>;
  readonly #child: Deno.ChildProcess;
  readonly #input: MessageWriter<Command>;
  readonly #limits: ProcessLimits;
  readonly #clock: Clock;
  readonly #log: Log;
  #verdict: TransferFailure | null = null;
  #lastSign: number;

  /** @param onReport Takes each report; the next one waits until its promise is settled. */
  constructor(
    launch: Launch,
    limits: ProcessLimits,
    clock: Clock,
    log: Log,
    onReport: (report: Message<Report>) => Promise<void>,
  ) {
    this.#limits = limits;
    this.#clock = clock;
    this.#log = log;
    this.#lastSign = clock.elapsed();
    this.#child = new Deno.Command(launch.command, {
      args: [...launch.args],
      // The server tells of its steps; it has no network to tell of them itself.
      env: { ...launch.env, OTEL_DENO: "false" },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#input = new MessageWriter(this.#child.stdin);
    this.ended = outOfScope(() => this.#live(onReport));
  }

  get pid(): number {
    return this.#child.pid;
  }

  /**
   * Sends a command, whole and after those before it. One that a process at its end does not hear is lost with it:
   * `ended` tells why.
   *
   * @throws {TypeError} For a command that cannot be encoded: nothing of it was sent.
   */
  async send(command: Command, parts: readonly (Uint8Array | null)[] = []): Promise<void> {
    await this.#input.write(command, parts);
  }

  /** Ends it at once. Of several verdicts the first counts. */
  kill(verdict: TransferFailure): void {
    this.#verdict ??= verdict;
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
  }

  async #live(onReport: (report: Message<Report>) => Promise<void>): Promise<TransferFailure> {
    const listening = this.#listen();
    const watch = setInterval(() => this.#checkSilence(), this.#limits.silenceMilliseconds / 4);
    try {
      for await (const report of readMessages<Report>(this.#child.stdout)) await onReport(report);
    } catch (error) {
      this.#log.warn(`Engine process: ${oneLine(error)}`);
      this.kill({ code: "ENGINE_CRASHED", message: "Cannot continue: the engine process sent an unexpected message" });
    }
    const { code, signal } = await this.#child.status;
    clearInterval(watch);
    await listening;
    await this.#input.close();
    return this.#verdict ?? {
      code: "ENGINE_CRASHED",
      message: `Cannot continue: the engine process ended with ${signal === null ? `exit code ${code}` : signal}`,
    };
  }

  /** Follows standard error until its end. */
  async #listen(): Promise<void> {
    let rest = "";
    for await (const text of this.#child.stderr.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      for (const line of lines) this.#hear(line);
    }
    if (rest !== "") this.#hear(rest);
  }

  #hear(line: string): void {
    this.#lastSign = this.#clock.elapsed();
    const bytes = memoryOf(line);
    if (bytes === null) return this.#log.info(`Engine process: ${line}`);
    const { memoryBytes } = this.#limits;
    if (bytes <= memoryBytes) return;
    const message = `Cannot continue: the engine process took ${mebibytes(bytes)} MiB, wanted at most ` +
      `${mebibytes(memoryBytes)} MiB`;
    this.kill({ code: "ENGINE_OUT_OF_MEMORY", message });
  }

  #checkSilence(): void {
    const seconds = (this.#clock.elapsed() - this.#lastSign) / 1000;
    if (seconds * 1000 < this.#limits.silenceMilliseconds) return;
    const message = `Cannot continue: the engine process did not respond for ${Math.round(seconds)} s`;
    this.kill({ code: "ENGINE_HUNG", message });
  }
}

function mebibytes(bytes: number): number {
  return Math.round(bytes / 2 ** 20);
}
