import { fileURLToPath } from "node:url";
import project from "../../deno.json" with { type: "json" };

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** How a server is to be started. */
export interface ServerSettings {
  readonly dataDir: string;
  /** 0 for any that is free. */
  readonly port?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Path of a module that is run before the server's own. */
  readonly preload?: string;
  /** How many descriptors it may have; a shell has to be there to say so. */
  readonly descriptors?: number;
}

/**
 * The server as `deno task start` runs it, with the task's own permissions, but without the task's process around it: a
 * signal reaches the server itself.
 */
export class ServerProcess implements AsyncDisposable {
  /** Without a slash at the end. */
  readonly url: string;
  /** All that it has printed. */
  readonly lines: string[];
  readonly #child: Deno.ChildProcess;
  readonly #printed: Promise<void>;

  private constructor(url: string, lines: string[], child: Deno.ChildProcess, printed: Promise<void>) {
    this.url = url;
    this.lines = lines;
    this.#child = child;
    this.#printed = printed;
  }

  /** Resolves when it listens. @throws {Error} with what it printed when it ends before. */
  static async start(settings: ServerSettings): Promise<ServerProcess> {
    const { child, lines, printed, listening } = spawn(settings);
    const url = await Promise.race([listening, printed.then(() => null)]);
    if (url !== null) return new ServerProcess(url, lines, child, printed);
    await child.status;
    throw new Error(lines.join("\n"));
  }

  /** Starts it and ends it at once after so many milliseconds, most likely before it listens. */
  static async killWhileStarting(settings: ServerSettings, milliseconds: number): Promise<void> {
    const { child, printed } = spawn(settings);
    await new Promise((resume) => setTimeout(resume, milliseconds));
    child.kill("SIGKILL");
    await child.status;
    await printed;
  }

  /** Runs it until it ends by itself: for starts that must not succeed. */
  static async fail(settings: ServerSettings): Promise<{ readonly code: number; readonly lines: readonly string[] }> {
    const { child, lines, printed } = spawn(settings);
    const { code } = await child.status;
    await printed;
    return { code, lines };
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Ends it at once, as a power cut would. Its engine ends after its present step. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.status;
    await this.#printed;
  }

  /** Asks it to stop. @returns its exit code and the seconds that it took. */
  async stop(signal: "SIGTERM" | "SIGINT" = "SIGTERM"): Promise<{ readonly code: number; readonly seconds: number }> {
    const begun = performance.now();
    try {
      this.#child.kill(signal);
    } catch {
      // It has ended already.
    }
    const { code } = await this.#child.status;
    await this.#printed;
    return { code, seconds: (performance.now() - begun) / 1000 };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

function spawn({ dataDir, port = 0, env = {}, preload, descriptors }: ServerSettings) {
  const args = startArguments(dataDir).flatMap((argument) =>
    argument === "run" && preload !== undefined ? [argument, "--preload", preload] : [argument]
  );
  const [command, before] = descriptors === undefined
    ? [Deno.execPath(), []]
    : ["sh", ["-c", `ulimit -n ${descriptors}; exec "$0" "$@"`, Deno.execPath()]];
  const child = new Deno.Command(command, {
    args: [...before, ...args],
    cwd: ROOT,
    env: { PORT: String(port), DATA_DIR: dataDir, ENGINE: "onnx:cpu", NO_COLOR: "1", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const lines: string[] = [];
  const { promise: listening, resolve } = Promise.withResolvers<string>();
  const read = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => {
    let rest = "";
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      const parts = (rest + text).split("\n");
      rest = parts.pop()!;
      lines.push(...parts);
      const found = parts.map((line) => /listens on (http:\S+?):? /.exec(line)?.[1]).find((url) => url !== undefined);
      if (found !== undefined) resolve(found);
    }
    if (rest !== "") lines.push(rest);
  };
  const printed = Promise.all([read(child.stdout), read(child.stderr)]).then(() => {});
  return { child, lines, printed, listening };
}

/** The start task's command line, with what its shell would put in. */
function startArguments(dataDir: string): string[] {
  return project.tasks.start.command
    .replace(/^(\w+=\S+ )*deno /, "")
    .split(/ (?=--|\S+\.ts$)/)
    .map((argument) =>
      argument
        .replace(/^--allow-write=.*/, `--allow-write=${dataDir}`)
        .replace(/^--allow-run=.*/, `--allow-run=${Deno.execPath()}`)
    );
}
