import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as pause } from "node:timers/promises";
import { Random } from "../../engine/descent/random.ts";
import { ServerProcess } from "../testing/server_process.ts";
import { type Asked, type Ended, endOf, startOnce } from "./client.ts";
import { assertWhole, type Seen, watch } from "./watcher.ts";

interface KillPlan {
  /** As in `ENGINE`; the server's own choice in tests when left out. */
  readonly engine?: string;
  readonly serverKills: number;
  readonly engineKills: number;
  /** Transfers that are under way at any moment, each with two watchers. */
  readonly concurrent: number;
  readonly steps: number;
  readonly size: number;
  readonly seed: number;
}

/** What came of it; that nothing was lost has been asserted. */
interface KillReport {
  readonly transfers: number;
  readonly events: number;
  readonly connections: number;
  readonly seconds: number;
}

interface Run {
  readonly asked: Asked;
  readonly ended: Ended;
  readonly seen: readonly Seen[];
}

/** Longest life of server and engine before the next kill, in milliseconds; drawn evenly from 0. */
const LONGEST_LIFE = 1500;
/** Longest life of a server that is killed while it starts. */
const LONGEST_START = 1000;

/**
 * Kills server and engine at random moments over transfers that run and are watched, and asserts that nobody could tell
 * from what came out: every transfer ends once, every watcher sees every event once, results and losses are those of an
 * undisturbed run, the database is whole, and no file is left over.
 *
 * Every second kill comes at any moment, while server or engine starts, too. The one after it waits for a step: a transfer
 * that gets three attempts and none of them takes a step has FAILED, as it should.
 */
export async function survivesKills(plan: KillPlan): Promise<KillReport> {
  const begun = performance.now();
  await using server = await MortalServer.start(plan);
  const runs: Run[] = [];
  let killing = true;
  let next = 0;
  const lane = async () => {
    while (killing) {
      const asked = { seed: next++, steps: plan.steps, size: plan.size };
      const id = await startOnce(server.url, asked, `kills-${asked.seed}`);
      const follow = () => watch(server.url, id, { onStep: () => server.stepSeen() });
      const seen = await Promise.all([follow(), follow()]);
      runs.push({ asked, ended: await endOf(server.url, id), seen });
    }
  };
  const lanes = Promise.all(Array.from({ length: plan.concurrent }, lane));
  const kill = async () => {
    for (let i = 0; server.killsLeft > 0; i++) {
      if (i % 2 === 0) await server.step();
      await server.kill();
    }
    killing = false;
  };
  await Promise.all([kill(), lanes]);
  await server.stop();
  assertSound(server.dataDir);
  await assertUndisturbed(runs, plan.engine);
  return {
    transfers: runs.length,
    events: runs.reduce((sum, { seen }) => sum + seen[0]!.sequences.length, 0),
    connections: runs.reduce((sum, { seen }) => sum + seen[0]!.connections + seen[1]!.connections, 0),
    seconds: (performance.now() - begun) / 1000,
  };
}

/** A server that is killed and comes back under the same address. */
class MortalServer implements AsyncDisposable {
  readonly #server: ServerProcess;
  readonly #random: Random;
  #serverKills: number;
  #engineKills: number;
  #onStep: () => void = () => {};

  private constructor(server: ServerProcess, { seed, serverKills, engineKills }: KillPlan) {
    this.#server = server;
    this.#random = new Random(seed);
    this.#serverKills = serverKills;
    this.#engineKills = engineKills;
  }

  static async start(plan: KillPlan): Promise<MortalServer> {
    const env = { CHECKPOINT_SECONDS: "0.1", ...engineVariable(plan.engine) };
    return new MortalServer(await ServerProcess.start({ env }), plan);
  }

  get url(): string {
    return this.#server.url;
  }

  get dataDir(): string {
    return this.#server.dataDir;
  }

  get killsLeft(): number {
    return this.#serverKills + this.#engineKills;
  }

  /** To be called when a watcher hears of a step. */
  stepSeen(): void {
    this.#onStep();
  }

  /** Resolves when a watcher hears of a step. */
  step(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onStep = resolve;
    return promise;
  }

  /** Lets server and engine live for a while and kills one of them, as many of each in all as were planned. */
  async kill(): Promise<void> {
    await pause(this.#random.uniform() * LONGEST_LIFE);
    if (this.#random.uniform() * this.killsLeft < this.#serverKills) await this.#killServer();
    else await this.#killEngine();
  }

  /** One in four servers is killed again before it listens. */
  async #killServer(): Promise<void> {
    await this.#server.kill();
    this.#serverKills--;
    if (this.#serverKills > 0 && this.#random.uniform() < 0.25) {
      await this.#server.killWhileStarting(this.#random.uniform() * LONGEST_START);
      this.#serverKills--;
    }
    await this.#server.startAgain();
  }

  /** Waits for an engine to be there. */
  async #killEngine(): Promise<void> {
    for (;;) {
      const engine = await engineOf(this.#server.pid);
      if (engine !== null) {
        Deno.kill(engine, "SIGKILL");
        this.#engineKills--;
        return;
      }
      await pause(20);
    }
  }

  async stop(): Promise<void> {
    const { code, seconds } = await this.#server.stop();
    assert.equal(code, 0, this.#server.lines.join("\n"));
    assert.ok(seconds < 10, `took ${seconds} s to stop`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#serverKills = this.#engineKills = 0;
    await this.#server[Symbol.asyncDispose]();
  }
}

function engineVariable(engine: string | undefined): Record<string, string> {
  return engine === undefined ? {} : { ENGINE: engine };
}

/** The child process of the server, by /proc. */
async function engineOf(server: number): Promise<number | null> {
  const children = await Deno.readTextFile(`/proc/${server}/task/${server}/children`);
  const [first] = children.trim().split(" ").filter((pid) => pid !== "");
  return first === undefined ? null : Number(first);
}

/** That the database is whole, every file that it points to is there, and no other. */
export function assertSound(dataDir: string): void {
  using database = new DatabaseSync(join(dataDir, "gramcast.db"), { readOnly: true });
  assert.deepEqual({ ...database.prepare("PRAGMA integrity_check").get() }, { integrity_check: "ok" });
  const tables = database.prepare(
    "SELECT tables.name FROM sqlite_schema AS tables, pragma_table_info(tables.name) AS columns WHERE columns.name = 'file'",
  ).all();
  assert.ok(tables.length > 0);
  const pointed = tables.flatMap(({ name }) => database.prepare(`SELECT file FROM ${name}`).all())
    .map(({ file }) => String(file));
  const present = [...Deno.readDirSync(join(dataDir, "files"))].map(({ name }) => name);
  assert.deepEqual(present.sort(), [...new Set(pointed)].sort());
}

/** That each run ended as the same one does with nobody disturbing it. */
async function assertUndisturbed(runs: readonly Run[], engine: string | undefined): Promise<void> {
  await using server = await ServerProcess.start({ env: engineVariable(engine) });
  for (const { asked, ended, seen } of runs) {
    seen.forEach(assertWhole);
    const id = await startOnce(server.url, asked, `calm-${asked.seed}`);
    await watch(server.url, id);
    assert.deepEqual(ended, await endOf(server.url, id));
    assert.deepEqual(ended.status, "SUCCEEDED", JSON.stringify(ended.error));
    assert.deepEqual([...seen[0]!.losses.values()], ended.losses);
  }
}
