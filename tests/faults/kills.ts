import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Random } from "../../engine/random.ts";
import { ServerProcess, type ServerSettings } from "../testing/server_process.ts";
import { type Asked, type Ended, endOf, startOnce } from "./client.ts";
import { assertWhole, type Seen, watch } from "./watcher.ts";

export interface KillPlan {
  readonly serverKills: number;
  readonly engineKills: number;
  /** Transfers that are under way at any moment, each with two watchers. */
  readonly concurrent: number;
  readonly steps: number;
  readonly size: number;
  readonly seed: number;
}

/** What came of it; that nothing was lost has been asserted. */
export interface KillReport {
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

/** Milliseconds that the server or the engine has before it is killed, drawn evenly. */
const LIFE = { from: 150, to: 1500 };

/**
 * Kills server and engine at random moments over transfers that run and are watched, and asserts that nobody could tell
 * from what came out: every transfer ends once, every watcher sees every event once, results and losses are those of an
 * undisturbed run, the database is whole, and no file is left over.
 */
export async function survivesKills(dataDir: string, plan: KillPlan): Promise<KillReport> {
  const begun = performance.now();
  const stage = new Stage(dataDir, plan.seed);
  await stage.start();
  const runs: Run[] = [];
  let killing = true;
  let next = 0;
  const lane = async () => {
    while (killing) {
      const asked = { seed: next++, steps: plan.steps, size: plan.size };
      const id = await startOnce(stage.url, asked, `kills-${asked.seed}`);
      const seen = await Promise.all([watch(stage.url, id), watch(stage.url, id)]);
      runs.push({ asked, ended: await endOf(stage.url, id), seen });
    }
  };
  const lanes = Promise.all(Array.from({ length: plan.concurrent }, lane));
  for (let i = 0; i < plan.serverKills + plan.engineKills; i++) {
    const left = plan.serverKills + plan.engineKills - i;
    if (stage.draw() * left < plan.serverKills - stage.serverKills) await stage.killServer();
    else await stage.killEngine();
  }
  killing = false;
  await lanes;
  await stage.stop();
  assertSound(dataDir);
  await assertUndisturbed(runs);
  return {
    transfers: runs.length,
    events: runs.reduce((sum, { seen }) => sum + seen[0]!.sequences.length, 0),
    connections: runs.reduce((sum, { seen }) => sum + seen[0]!.connections + seen[1]!.connections, 0),
    seconds: (performance.now() - begun) / 1000,
  };
}

/** A server that comes back under the same address. */
class Stage {
  serverKills = 0;
  readonly #random: Random;
  readonly #settings: ServerSettings;
  #server!: ServerProcess;
  url = "";

  constructor(dataDir: string, seed: number) {
    this.#random = new Random(seed);
    this.#settings = { dataDir, env: { CHECKPOINT_SECONDS: "0.1" } };
  }

  /** Evenly from [0, 1). */
  draw(): number {
    return this.#random.uniform();
  }

  async start(): Promise<void> {
    const port = this.url === "" ? 0 : Number(new URL(this.url).port);
    this.#server = await ServerProcess.start({ ...this.#settings, port });
    this.url = this.#server.url;
  }

  async killServer(): Promise<void> {
    await this.#live();
    this.serverKills++;
    await this.#server.kill();
    await this.start();
  }

  /** Waits for an engine to be there, and kills it. */
  async killEngine(): Promise<void> {
    await this.#live();
    for (;;) {
      const engine = await engineOf(this.#server.pid);
      if (engine !== null) {
        Deno.kill(engine, "SIGKILL");
        return;
      }
      await new Promise((resume) => setTimeout(resume, 20));
    }
  }

  async stop(): Promise<void> {
    const { code, seconds } = await this.#server.stop();
    assert.equal(code, 0, this.#server.lines.join("\n"));
    assert.ok(seconds < 10, `took ${seconds} s to stop`);
  }

  async #live(): Promise<void> {
    const milliseconds = LIFE.from + this.draw() * (LIFE.to - LIFE.from);
    await new Promise((resume) => setTimeout(resume, milliseconds));
  }
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
async function assertUndisturbed(runs: readonly Run[]): Promise<void> {
  const dataDir = await Deno.makeTempDir();
  try {
    await using server = await ServerProcess.start({ dataDir });
    for (const { asked, ended, seen } of runs) {
      seen.forEach(assertWhole);
      const id = await startOnce(server.url, asked, `calm-${asked.seed}`);
      await watch(server.url, id);
      assert.deepEqual(ended, await endOf(server.url, id));
      assert.deepEqual(ended.status, "SUCCEEDED", JSON.stringify(ended.error));
      assert.deepEqual([...seen[0]!.losses.values()], ended.losses);
    }
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
}
