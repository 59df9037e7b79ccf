/**
 * `deno task faults [names]`: all that can happen to a server and to several that share a database, or what is named of it,
 * written as rows of the tables in docs/reliability.md and docs/scale.md; rows of other names stay. Linux only: it looks for processes in /proc; what mounts file systems
 * needs root.
 *
 * @module
 */
import { NO_DISK } from "../../transfers/storage/sqlite/testing/temporary_disk.ts";
import { NO_POSTGRES } from "../../transfers/storage/postgres/testing/postgres_programs.ts";
import { LEASE_MILLISECONDS } from "../../transfers/storage/postgres/postgres_queue.ts";
import { NO_NETWORK } from "../scale/network.ts";
import { BLOWS, survivesStorm } from "../scale/storm.ts";
import { takeovers } from "../scale/takeover.ts";
import { clockSetBack } from "./clock.ts";
import { survivesKills } from "./kills.ts";
import { stopAndStart } from "./stop.ts";
import { damagedCheckpoint, damagedDatabase, diskFull, readOnly, secondServer } from "./storage.ts";
import { manyWatchers, silentWatcher } from "./watchers.ts";
import { webhooksSurviveKills } from "./webhooks.ts";

/** What happens, and what comes of it in a sentence. */
interface Fault {
  readonly name: string;
  readonly what: string;
  /** Why it cannot be tried here. */
  readonly missing?: string | null;
  /** Whose table it is in; that of one server's when left out. */
  readonly page?: URL;
  readonly run: () => Promise<string>;
}

const ONE_SERVER = new URL("../../docs/reliability.md", import.meta.url);
const MANY_SERVERS = new URL("../../docs/scale.md", import.meta.url);
const KILLS = 100;
const TAKEOVERS = 10;
/** How often each blow comes in a storm. */
const BLOWS_EACH = 3;

const FAULTS: readonly Fault[] = [
  {
    name: "kills",
    what: `${KILLS} SIGKILLs of the server and ${KILLS} of the engine at random moments, four transfers at a time`,
    run: kills,
  },
  {
    name: "webhooks",
    what: `${KILLS} SIGKILLs of the server while two webhooks are told of all transfers, every second one at a request`,
    run: webhooks,
  },
  { name: "stop", what: "SIGTERM while a transfer runs and is watched", run: stopAndStart },
  { name: "full", what: "The disk is full", missing: NO_DISK, run: diskFull },
  { name: "readonly", what: "The data directory is read-only", missing: NO_DISK, run: readOnly },
  { name: "clock", what: "The clock is set back an hour, and the server killed", run: clockSetBack },
  { name: "second", what: "A second server on the same data directory", run: secondServer },
  { name: "database", what: "A damaged page in the database", run: damagedDatabase },
  { name: "checkpoint", what: "A damaged checkpoint after a crash", run: damagedCheckpoint },
  { name: "silent", what: "A watcher that reads nothing during 1,000 frames", run: () => silentWatcher(1000) },
  {
    name: "storm",
    what:
      `Three API servers, three workers and PostgreSQL on machines whose clocks are an hour apart; ${BLOWS_EACH} times each, ` +
      `in a drawn order: ${BLOWS.join("; ")}`,
    missing: NO_POSTGRES ?? NO_NETWORK,
    page: MANY_SERVERS,
    run: storm,
  },
  {
    name: "takeover",
    what: `The worker that runs a transfer is killed while another has nothing to do, ${TAKEOVERS} times`,
    missing: NO_POSTGRES ?? NO_NETWORK,
    page: MANY_SERVERS,
    run: takeover,
  },
  { name: "watchers", what: "200 watchers on one transfer of 512²", run: () => manyWatchers(200, 512) },
];

async function kills(): Promise<string> {
  const plan = { serverKills: KILLS, engineKills: KILLS, concurrent: 4, steps: 60, size: 32, seed: 1 };
  const { transfers, events, connections, seconds } = await survivesKills(plan);
  return `${transfers} transfers: each ended once, SUCCEEDED, with the bytes and losses of an undisturbed run; each of ` +
    `their two watchers saw each of the ${events} events once, over ${connections} connections; the database is whole ` +
    `and no file is left over (${Math.round(seconds)} s)`;
}

async function webhooks(): Promise<string> {
  const plan = { kills: KILLS, concurrent: 4, steps: 12, seed: 1 };
  const { transfers, events, webhooks, requests, seconds } = await webhooksSurviveKills(plan);
  return `${transfers} transfers: the ${webhooks} webhooks were told all of their ${events} events, in order by transfer, in ${requests} ` +
    `requests, every signature right (${Math.round(seconds)} s)`;
}

async function storm(): Promise<string> {
  const blows = Object.fromEntries(BLOWS.map((blow) => [blow, BLOWS_EACH]));
  const plan = { apis: 3, workers: 3, blows, concurrent: 4, steps: 100, size: 32, seed: 1 };
  const { transfers, events, connections, seconds } = await survivesStorm(plan);
  return `${transfers} transfers: each ended once, SUCCEEDED, with the bytes and losses of an undisturbed run; each of their ` +
    `two watchers, who turn to another API server every 1.5 s, saw each of the ${events} events once, over ` +
    `${connections} connections (${Math.round(seconds)} s)`;
}

const MARK = "<!-- Below: written by `deno task faults`. -->";

async function takeover(): Promise<string> {
  const silences = await takeovers(TAKEOVERS);
  const [least, most] = [Math.min(...silences), Math.max(...silences)].map((seconds) => seconds.toFixed(1));
  return `the transfer goes on after ${least} to ${most} s, the lease of ${LEASE_MILLISECONDS / 1000} s among them`;
}

/** Puts an outcome into the table, in the place of an older one. */
async function write(what: string, page: URL, outcome: string): Promise<void> {
  const [text, table = ""] = (await Deno.readTextFile(page)).split(MARK);
  const outcomes = new Map(table.split("\n").map((row) => row.split(" | ")).map(([what, outcome]) => [what, outcome]));
  const key = (what: string) => `| ${what}`;
  outcomes.set(key(what), `${outcome} |`);
  const rows = FAULTS.map(({ what }) => key(what)).filter((key) => outcomes.has(key))
    .map((key) => `${key} | ${outcomes.get(key)}`);
  const lines = ["| Fault | Outcome |", "| --- | --- |", ...rows];
  await Deno.writeTextFile(page, `${text}${MARK}\n\n${lines.join("\n")}\n`);
}

for (const { name, what, missing = null, page = ONE_SERVER, run } of FAULTS) {
  if (Deno.args.length > 0 && !Deno.args.includes(name)) continue;
  console.log(`${what} …`);
  if (missing !== null) {
    console.log(`  cannot be tried here: ${missing}`);
    continue;
  }
  const outcome = await run();
  console.log(`  ${outcome}`);
  await write(what, page, outcome);
}
