import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { Random } from "../../engine/descent/random.ts";
import { type Asked, type Ended, endOf, startOnce } from "../faults/client.ts";
import { assertWhole, type Seen, watch } from "../faults/watcher.ts";
import { LEASE_MILLISECONDS } from "../../transfers/storage/postgres/postgres_queue.ts";
import { Cluster, type Member } from "./cluster.ts";

/** What can happen to a cluster. */
export const BLOWS = [
  "a worker is killed",
  "a worker hangs for longer than its lease, and wakes up",
  "a worker and the database are kept apart for longer than a lease",
  "an API server is killed",
  "an API server and the database are kept apart",
  "the database is killed",
  "the database stops in good order",
  "the database stands still",
] as const;
export type Blow = (typeof BLOWS)[number];

export interface StormPlan {
  readonly apis: number;
  readonly workers: number;
  /** How often each comes. */
  readonly blows: Readonly<Partial<Record<Blow, number>>>;
  /** Transfers that are under way at any moment. */
  readonly concurrent: number;
  readonly steps: number;
  readonly size: number;
  readonly seed: number;
}

/** What came of it; that nothing was lost has been asserted. */
export interface StormReport {
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

/** Longest calm before the next blow, in milliseconds; drawn evenly from 0. */
const LONGEST_CALM = 2000;
/** Milliseconds that an API server or the database is away. */
const AWAY = 4000;
/** Milliseconds after which a watcher turns to another API server. */
const HOP = 1500;

/**
 * Strikes a cluster again and again over transfers that run and are watched, and asserts that nobody could tell from what came
 * out: every transfer ends once, every watcher sees every event once though it hops between API servers, and results and
 * losses are those of an undisturbed run. The clocks of the machines are an hour apart from each other.
 */
export async function survivesStorm(plan: StormPlan): Promise<StormReport> {
  const begun = performance.now();
  const random = new Random(plan.seed);
  await using cluster = await Cluster.open(plan.apis, plan.workers);
  let turn = 0;
  /** Another API server at each call. */
  const anyApi = () => cluster.apis[turn++ % cluster.apis.length]!.server.url;
  const runs: Run[] = [];
  let striking = true;
  let next = 0;
  const lane = async () => {
    while (striking) {
      const asked = { seed: next++, steps: plan.steps, size: plan.size };
      const id = await startOnce(anyApi, asked, `storm-${asked.seed}`);
      const follow = () => watch(anyApi, id, { hopEvery: HOP });
      const seen = await Promise.all([follow(), follow()]);
      runs.push({ asked, ended: await endOf(anyApi, id), seen });
    }
  };
  const strikes = async () => {
    for (const blow of shuffled(plan.blows, random)) {
      await pause(random.uniform() * LONGEST_CALM);
      await strike(cluster, blow, random);
    }
    striking = false;
  };
  await Promise.all([strikes(), ...Array.from({ length: plan.concurrent }, lane)]);
  for (const { asked, ended, seen } of runs) {
    seen.forEach(assertWhole);
    const id = await startOnce(anyApi, asked, `calm-${asked.seed}`);
    await watch(anyApi, id);
    assert.deepEqual(ended, await endOf(anyApi, id));
    assert.equal(ended.status, "SUCCEEDED", JSON.stringify(ended.error));
    assert.deepEqual([...seen[0]!.losses.values()], ended.losses);
  }
  return {
    transfers: runs.length,
    events: runs.reduce((sum, { seen }) => sum + seen[0]!.sequences.length, 0),
    connections: runs.reduce((sum, { seen }) => sum + seen[0]!.connections + seen[1]!.connections, 0),
    seconds: (performance.now() - begun) / 1000,
  };
}

async function strike(cluster: Cluster, blow: Blow, random: Random): Promise<void> {
  const one = (members: readonly Member[]) => members[Math.floor(random.uniform() * members.length)]!;
  const longer = LEASE_MILLISECONDS * (1.1 + 0.3 * random.uniform());
  switch (blow) {
    case "a worker is killed": {
      const { server } = one(cluster.workers);
      await server.kill();
      // It comes back when another has had to take over.
      await pause(longer);
      return await server.startAgain();
    }
    case "a worker hangs for longer than its lease, and wakes up": {
      const { server } = one(cluster.workers);
      Deno.kill(server.pid, "SIGSTOP");
      await pause(longer);
      return Deno.kill(server.pid, "SIGCONT");
    }
    case "a worker and the database are kept apart for longer than a lease":
      return await cluster.cutOff(one(cluster.workers), longer);
    case "an API server is killed": {
      const { server } = one(cluster.apis);
      await server.kill();
      await pause(random.uniform() * AWAY);
      return await server.startAgain();
    }
    case "an API server and the database are kept apart":
      return await cluster.cutOff(one(cluster.apis), AWAY);
    case "the database is killed":
      return await cluster.database.restart("KILL", random.uniform() * AWAY);
    case "the database stops in good order":
      return await cluster.database.restart("STOP", random.uniform() * AWAY);
    case "the database stands still":
      return await cluster.database.standStill(AWAY);
  }
}

/** All blows of a plan, each as often as it comes, in a drawn order. */
function shuffled(blows: StormPlan["blows"], random: Random): Blow[] {
  return BLOWS.flatMap((blow) => Array.from({ length: blows[blow] ?? 0 }, () => ({ blow, at: random.uniform() })))
    .sort((a, b) => a.at - b.at)
    .map(({ blow }) => blow);
}
