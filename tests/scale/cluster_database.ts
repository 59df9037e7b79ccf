import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { POSTGRES_PROGRAMS } from "../../transfers/storage/postgres/testing/postgres_programs.ts";
import type { NetworkNode } from "./network.ts";

const PORT = 5432;
const NAME = "gramcast";

/** PostgreSQL on a machine of its own, which can be killed and started again. */
export class ClusterDatabase implements AsyncDisposable {
  readonly url: string;
  readonly #namespace: string;
  readonly #folder: string;

  private constructor({ namespace, addresses }: NetworkNode, folder: string) {
    this.url = `postgres://${NAME}@${addresses.back}:${PORT}/${NAME}`;
    this.#namespace = namespace;
    this.#folder = folder;
  }

  /** @param folder Is made. */
  static async start(node: NetworkNode, folder: string): Promise<ClusterDatabase> {
    await Deno.mkdir(folder);
    await run(["chown", "nobody", folder]);
    const database = new ClusterDatabase(node, folder);
    const data = join(folder, "data");
    await database.#run("initdb", "-D", data, "-A", "trust", "-U", NAME, "-E", "UTF8", "--locale=C");
    const settings = [
      `listen_addresses = '${node.addresses.back}'`,
      `unix_socket_directories = '${folder}'`,
      "max_connections = 300",
    ];
    await Deno.writeTextFile(join(data, "postgresql.conf"), `\n${settings.join("\n")}\n`, { append: true });
    await Deno.writeTextFile(join(data, "pg_hba.conf"), `\nhost all all 10.0.0.0/8 trust\n`, { append: true });
    await database.#start();
    await database.#run("createdb", "-h", folder, "-U", NAME, NAME);
    return database;
  }

  /** Ends it, at once or in good order, and starts it again after so many milliseconds. */
  async restart(how: "KILL" | "STOP", milliseconds: number): Promise<void> {
    if (how === "KILL") Deno.kill(await this.#pid(), "SIGKILL");
    else await this.#stop();
    await pause(milliseconds);
    await this.#start();
  }

  /** Stops all its processes for a while, as a disk does that answers nobody: its connections stay. */
  async standStill(milliseconds: number): Promise<void> {
    const postmaster = await this.#pid();
    const children = await Deno.readTextFile(`/proc/${postmaster}/task/${postmaster}/children`);
    const processes = [postmaster, ...children.trim().split(" ").map(Number)];
    const tell = (signal: Deno.Signal) => {
      for (const process of processes) {
        try {
          Deno.kill(process, signal);
        } catch (error) {
          // A backend that has ended meanwhile.
          if (!(error instanceof Deno.errors.NotFound)) throw error;
        }
      }
    };
    tell("SIGSTOP");
    await pause(milliseconds);
    tell("SIGCONT");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stop();
  }

  /** Processes of one that was killed may still be there: it does not start beside them. */
  async #start(): Promise<void> {
    const args = ["-D", join(this.#folder, "data"), "-l", join(this.#folder, "log"), "-w", "-s"] as const;
    for (let attempt = 0;; attempt++) {
      try {
        return await this.#run("pg_ctl", ...args, "start");
      } catch (error) {
        if (attempt === 20) throw error;
        await pause(500);
      }
    }
  }

  async #stop(): Promise<void> {
    await this.#run("pg_ctl", "-D", join(this.#folder, "data"), "-m", "fast", "-w", "-s", "stop");
  }

  async #pid(): Promise<number> {
    const [pid] = (await Deno.readTextFile(join(this.#folder, "data", "postmaster.pid"))).split("\n");
    return Number(pid);
  }

  /** Runs one of its programs on its machine; it refuses to be run by root. */
  async #run(program: string, ...args: readonly string[]): Promise<void> {
    const user = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"];
    await run(["ip", "netns", "exec", this.#namespace, ...user, join(POSTGRES_PROGRAMS!.directory, program), ...args]);
  }
}

async function run([command, ...args]: readonly string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(command!, {
    args,
    cwd: "/",
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) throw new Error(`${command} ${args.join(" ")}: ${new TextDecoder().decode(stderr).trim()}`);
}
