import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ServerProcess } from "../testing/server_process.ts";
import { ClusterDatabase } from "./cluster_database.ts";
import { Network, type NetworkNode } from "./network.ts";

const PORT = "4000";
const SHIFTED_CLOCK = fileURLToPath(new URL("../faults/shifted_clock.ts", import.meta.url));
/** Hours that the clocks of machines are off, in turn. */
const SHIFTS = [0, 1, -1];

/** A machine with a server on it. */
export interface Member {
  readonly name: string;
  readonly node: NetworkNode;
  readonly server: ServerProcess;
}

/** PostgreSQL, API servers and workers on machines of their own, and a folder that all of them share. */
export class Cluster implements AsyncDisposable {
  readonly #resources: AsyncDisposableStack;
  readonly #network: Network;
  readonly database: ClusterDatabase;
  readonly apis: readonly Member[];
  readonly workers: readonly Member[];

  private constructor(
    resources: AsyncDisposableStack,
    network: Network,
    database: ClusterDatabase,
    apis: readonly Member[],
    workers: readonly Member[],
  ) {
    this.#resources = resources;
    this.#network = network;
    this.database = database;
    this.apis = apis;
    this.workers = workers;
  }

  static async open(apis: number, workers: number): Promise<Cluster> {
    await using resources = new AsyncDisposableStack();
    const network = resources.use(await Network.open());
    const folder = await Deno.makeTempDir({ prefix: "gramcast-cluster-" });
    // The database is not root there.
    await Deno.chmod(folder, 0o755);
    resources.defer(() => Deno.remove(folder, { recursive: true }));
    const database = resources.use(await ClusterDatabase.start(await network.add("db"), join(folder, "database")));
    const blobs = join(folder, "blobs");
    await Deno.mkdir(blobs);
    const start = async (role: "api" | "worker", i: number): Promise<Member> => {
      const name = `${role}${i}`;
      const node = await network.add(name);
      const dataDir = join(folder, name);
      await Deno.mkdir(dataDir);
      await Deno.writeTextFile(join(dataDir, "clock-shift"), String(SHIFTS[i % SHIFTS.length]));
      const server = await ServerProcess.start({
        dataDir,
        namespace: node.namespace,
        preload: SHIFTED_CLOCK,
        env: {
          ROLE: role,
          HOST: node.addresses.front,
          PORT,
          AUTH: "off",
          DATABASE_URL: database.url,
          BLOBS: `file://${blobs}`,
          CHECKPOINT_SECONDS: "0.1",
        },
      });
      resources.defer(async () => void await server.stop());
      return { name, node, server };
    };
    // One after another: the first makes the tables.
    const members: Record<"api" | "worker", Member[]> = { api: [], worker: [] };
    for (let i = 0; i < apis; i++) members.api.push(await start("api", i));
    for (let i = 0; i < workers; i++) members.worker.push(await start("worker", i));
    return new Cluster(resources.move(), network, database, members.api, members.worker);
  }

  /** Keeps a member and the database apart for a while; its clients reach it. */
  async cutOff({ node }: Member, milliseconds: number): Promise<void> {
    await this.#network.cut(node, "back");
    await new Promise((resume) => setTimeout(resume, milliseconds));
    await this.#network.mend(node, "back");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#resources.disposeAsync();
  }
}
