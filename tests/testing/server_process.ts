import { fileURLToPath } from "node:url";
import { readConfig } from "../../config.ts";
import { pathList } from "../../engine/backends/permissions.ts";
import project from "../../deno.json" with { type: "json" };
import { LISTS } from "../../permissions.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** How a server is to be started. */
interface ServerSettings {
  /** When left out a new one, which goes with the server. */
  readonly dataDir?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Path of a module that is run before the server's own. */
  readonly preload?: string;
  /** How many descriptors it may have; a shell has to be there to say so. */
  readonly descriptors?: number;
  /** The network namespace that it runs in. */
  readonly namespace?: string;
}

/**
 * The server as `deno task start` runs it, with the task's own permissions, but without the task's process around it: a
 * signal reaches the server itself. After its end it can be started again, under the same address and with the same data.
 */
export class ServerProcess implements AsyncDisposable {
  /** Without a slash at the end. */
  url = "";
  readonly dataDir: string;
  /** All that it has printed. */
  readonly lines: string[] = [];
  readonly #settings: ServerSettings;
  #child!: Deno.ChildProcess;
  #printed!: Promise<void>;

  private constructor(dataDir: string, settings: ServerSettings) {
    this.dataDir = dataDir;
    this.#settings = settings;
  }

  /** Resolves when it listens. @throws {Error} with what it printed when it ends before. */
  static async start(settings: ServerSettings = {}): Promise<ServerProcess> {
    const dataDir = settings.dataDir ?? await Deno.makeTempDir({ prefix: "gramcast-" });
    const server = new ServerProcess(dataDir, settings);
    await server.startAgain();
    return server;
  }

  /** Runs one until it ends by itself: for starts that must not succeed. */
  static async fail(dataDir: string): Promise<{ readonly code: number; readonly lines: readonly string[] }> {
    const server = new ServerProcess(dataDir, { dataDir });
    await server.#spawn();
    const { code } = await server.#ended();
    return { code, lines: server.lines };
  }

  /** As `start`, after its end. */
  async startAgain(): Promise<void> {
    const listening = await this.#spawn();
    const url = await Promise.race([listening(), this.#printed.then(() => null)]);
    if (url !== null) {
      this.url = url;
      return;
    }
    await this[Symbol.asyncDispose]();
    throw new Error(this.lines.join("\n"));
  }

  /** Starts it again and ends it at once after so many milliseconds, most likely before it listens. */
  async killWhileStarting(milliseconds: number): Promise<void> {
    await this.#spawn();
    await new Promise((resume) => setTimeout(resume, milliseconds));
    await this.kill();
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Resident bytes, by /proc. */
  get memory(): number {
    return 1024 * Number(/VmRSS:\s+(\d+)/.exec(Deno.readTextFileSync(`/proc/${this.pid}/status`))![1]);
  }

  /** Ends it at once, as a power cut would. Its engine ends after its present step. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended();
  }

  /** Asks it to stop. @returns its exit code and the seconds that it took. */
  async stop(): Promise<{ readonly code: number; readonly seconds: number }> {
    const begun = performance.now();
    try {
      this.#child.kill("SIGTERM");
    } catch {
      // It has ended already.
    }
    const { code } = await this.#ended();
    return { code, seconds: (performance.now() - begun) / 1000 };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    if (this.#settings.dataDir === undefined) await Deno.remove(this.dataDir, { recursive: true });
  }

  async #ended(): Promise<Deno.CommandStatus> {
    const status = await this.#child.status;
    await this.#printed;
    return status;
  }

  /** @returns what waits for where it listens. */
  async #spawn(): Promise<() => Promise<string>> {
    const { preload, descriptors, namespace } = this.#settings;
    const port = this.url === "" ? "0" : new URL(this.url).port;
    const env = { PORT: port, DATA_DIR: this.dataDir, ENGINE: "onnx:cpu", NO_COLOR: "1", ...this.#settings.env };
    const args = (await startArguments(env)).flatMap((argument) =>
      argument === "run" && preload !== undefined ? [argument, "--preload", preload] : [argument]
    );
    const [command, ...before] = [
      ...(namespace === undefined ? [] : ["ip", "netns", "exec", namespace]),
      ...(descriptors === undefined ? [] : ["sh", "-c", `ulimit -n ${descriptors}; exec "$0" "$@"`]),
      Deno.execPath(),
    ];
    this.#child = new Deno.Command(command!, {
      args: [...before, ...args],
      cwd: ROOT,
      env,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const { promise: listening, resolve } = Promise.withResolvers<string>();
    const read = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => {
      for await (const line of linesOf(stream)) {
        this.lines.push(line);
        const url = /listens on (http:\S+?):? /.exec(line)?.[1];
        if (url !== undefined) resolve(url);
      }
    };
    this.#printed = Promise.all([read(this.#child.stdout), read(this.#child.stderr)]).then(() => {});
    return () => listening;
  }
}

/** Lines of a stream as they come. */
export async function* linesOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + text).split("\n");
    rest = parts.pop()!;
    yield* parts;
  }
  if (rest !== "") yield rest;
}

/** The start task's command line, with what its shell would put in. */
async function startArguments(env: Readonly<Record<string, string>>): Promise<string[]> {
  const config = readConfig((name) => env[name] ?? Deno.env.get(name));
  const words = project.tasks.start.command.match(/(?:[^\s"]|"[^"]*")+/g)!;
  return await Promise.all(
    words.slice(words.indexOf("deno") + 1).map(async (word) => {
      const [, flag, command] = /^(--[\w-]+=)"\$\((.*)\)"$/.exec(word) ?? [];
      if (command === undefined) return word;
      const list = LISTS[/ permissions\.ts (\S+)$/.exec(command)?.[1] ?? ""];
      return flag + (list ? pathList(await list(config)) : Deno.execPath());
    }),
  );
}
