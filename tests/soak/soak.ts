/**
 * A soak: a server of its own, to which many come at once for a long time, and what is left of them when they have gone.
 * Linux only: it looks into /proc.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { setTimeout as sleep } from "node:timers/promises";
import { ApiKeys } from "../../access/api_keys.ts";
import { SqliteAccessStore } from "../../access/storage/sqlite_access_store.ts";
import { SystemClock } from "../../transfers/clock.ts";
import { SILENT_LOG } from "../../transfers/log.ts";
import { ServerProcess } from "../testing/server_process.ts";
import { endAll } from "./guests.ts";
import type { PartyPlan, PartyReport } from "./party.ts";

interface SoakPlan extends Omit<PartyPlan, "url" | "keys"> {
  /** Whether callers have to show a key. */
  readonly auth: boolean;
}

/** What a server holds. */
export interface Holdings {
  /** Resident bytes of the server's own process. */
  readonly memory: number;
  readonly descriptors: number;
  /** Open connections but the one that asks. */
  readonly connections: number;
  readonly heldBytes: number;
  /** Open subscriptions. */
  readonly watchers: number;
  /** Files under DATA_DIR. */
  readonly files: number;
}

interface SoakReport extends PartyReport {
  /** Milliseconds that each answer of /health took. */
  readonly healthTimes: readonly number[];
  readonly start: Holdings;
  readonly end: Holdings;
  readonly peakMemory: number;
  /** Ends of the server's or the engine's process that nobody asked for. */
  readonly crashes: readonly string[];
}

/** Guests are to try the server, not what it lets one of them have. */
const POLICY = fileURLToPath(new URL("./policy.json", import.meta.url));
/** Who have keys, beside an admin. */
const OWNERS = 8;
/** Milliseconds between two looks at a server. */
const LOOK_MS = 25;
/** In which what is owed to guests who have gone has to be over. */
const SETTLE_MS = 60_000;
const ENGINE_FAULT = /Engine process: (?!Engine )|fault of the server|panicked/;
const NOTHING = { connections: 0, watchers: 0, heldBytes: 0 };

/** Has guests come for so long, and looks at the server before, meanwhile and after. */
export async function soak(plan: SoakPlan): Promise<SoakReport> {
  const { auth, ...coming } = plan;
  await using server = await ServerProcess.start({ env: { AUTH: auth ? "keys" : "off", POLICY } });
  const { url } = server;
  const keys = auth ? await makeKeys(server) : null;
  const admin = keys?.[0] ?? null;
  // The first of each brings in what stays in memory afterwards.
  await party({ url, keys: keys && [keys[1]!], seed: plan.seed, seconds: 0, guests: 0 });
  const start = await settled(server, admin);
  const healthTimes: number[] = [];
  let peakMemory = start.memory;
  const whole = party({ url, keys: keys && keys.slice(1), ...coming });
  let over = false;
  const looked = (async () => {
    while (!over) {
      healthTimes.push(await healthTime(url));
      peakMemory = Math.max(peakMemory, server.memory);
      await sleep(LOOK_MS);
    }
  })();
  const { visits, complaints } = await whole.finally(() => over = true);
  await looked;
  const end = await settled(server, admin);
  const { lines } = server;
  const { code } = await server.stop();
  const crashes = [...lines.filter((line) => ENGINE_FAULT.test(line)), ...(code === 0 ? [] : [`ended with ${code}`])];
  const bugs = lines.filter((line) => line.includes("Internal error"));
  return { visits, complaints: [...complaints, ...bugs], healthTimes, start, end, peakMemory, crashes };
}

/** An admin's key, and those of some users. */
async function makeKeys({ dataDir }: ServerProcess): Promise<string[]> {
  const store = await SqliteAccessStore.open(dataDir, SILENT_LOG);
  try {
    const keys = new ApiKeys(store, new SystemClock(), "soak");
    const made = [];
    for (let i = 0; i <= OWNERS; i++) {
      const role = i === 0 ? "ADMIN" : "USER";
      made.push(`Bearer ${await keys.create({ name: `guest ${i}`, role, expiresAt: null })}`);
    }
    return made;
  } finally {
    await store.close();
  }
}

async function party(plan: PartyPlan): Promise<PartyReport> {
  const worker = new Worker(import.meta.resolve("./party.ts"), { type: "module" });
  const { promise, resolve, reject } = Promise.withResolvers<PartyReport>();
  worker.onmessage = ({ data }) => data === "ready" ? worker.postMessage(plan) : resolve(data);
  worker.onerror = ({ message }) => reject(new Error(message));
  try {
    return await promise;
  } finally {
    worker.terminate();
  }
}

/** @throws When it is not answered as it must be. */
async function healthTime(url: string): Promise<number> {
  const begun = performance.now();
  const response = await fetch(`${url}/health`);
  const text = await response.text();
  if (text !== '{"status":"ok"}') throw new Error(`/health: ${response.status} ${text}`);
  return performance.now() - begun;
}

/** What the server holds when its transfers are deleted and nothing is left of guests, or that took too long. */
async function settled(server: ServerProcess, authorization: string | null): Promise<Holdings> {
  await endAll({ url: server.url, authorization });
  const deadline = performance.now() + SETTLE_MS;
  for (;;) {
    const holdings = await holdingsOf(server, authorization);
    const isOver = Object.entries(NOTHING).every(([key, value]) => holdings[key as keyof typeof NOTHING] === value);
    if (isOver || performance.now() > deadline) return holdings;
    await sleep(LOOK_MS);
  }
}

async function holdingsOf(
  { url, pid, memory, dataDir }: ServerProcess,
  authorization: string | null,
): Promise<Holdings> {
  const headers: Record<string, string> = authorization === null ? {} : { authorization };
  const metrics = await (await fetch(`${url}/metrics`, { headers })).text();
  const figure = (name: string) => Number(new RegExp(`^gramcast_${name} (\\d+)$`, "m").exec(metrics)![1]);
  return {
    memory,
    descriptors: [...Deno.readDirSync(`/proc/${pid}/fd`)].length,
    connections: figure("connections") - 1,
    heldBytes: figure("held_bytes"),
    watchers: figure("watchers"),
    files: countFiles(dataDir),
  };
}

function countFiles(folder: string): number {
  let files = 0;
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    files += isDirectory ? countFiles(`${folder}/${name}`) : 1;
  }
  return files;
}
