import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as pause } from "node:timers/promises";
import { Webhook } from "standardwebhooks";
import { Random } from "../../engine/descent/random.ts";
import { NOTICE_EVENTS } from "../../transfers/types.ts";
import { ask } from "../testing/client.ts";
import { ServerProcess } from "../testing/server_process.ts";
import { persist, startOnce } from "./client.ts";
import { assertSound } from "./kills.ts";
import { watch } from "./watcher.ts";

export interface WebhookKillPlan {
  readonly kills: number;
  /** Transfers that are under way at any moment. */
  readonly concurrent: number;
  readonly steps: number;
  readonly seed: number;
}

/** What came of it; that nothing was lost, out of order or signed wrong has been asserted. */
export interface WebhookKillReport {
  readonly transfers: number;
  /** What the webhooks were told together: an event for each that wanted it. */
  readonly events: number;
  readonly webhooks: number;
  readonly requests: number;
  readonly seconds: number;
}

interface Told {
  readonly type: string;
  readonly data: { readonly id: string; readonly step: number };
}

/** A request as it came. */
interface Request {
  readonly path: string;
  readonly id: string;
  readonly told: Told;
}

const PATHS = ["/one", "/two"];
const CREATE = "mutation ($input: WebhookInput!) { createWebhook(input: $input) { secret } }";
/** Longest life of a server before the next kill, in milliseconds; drawn evenly from 0. */
const LONGEST_LIFE = 1500;
/** Longest time from an answer to a kill that has waited for it. */
const LONGEST_AFTERMATH = 20;
/** Share of deliveries whose first attempt is refused. */
const REFUSED = 0.1;

/**
 * Kills the server at random moments while two webhooks are told of all of its transfers, and asserts that each event has
 * arrived at each of them at least once, in the order of its transfer, and that every request was signed.
 *
 * Every second kill comes at any moment; the others wait for a request to come, and come before its answer or right after
 * it. Some first attempts are refused.
 */
export async function webhooksSurviveKills(plan: WebhookKillPlan): Promise<WebhookKillReport> {
  const begun = performance.now();
  await using receiver = new Receiver(plan.seed);
  const env = { WEBHOOK_PRIVATE_ADDRESSES: "allow", CHECKPOINT_SECONDS: "0.1" };
  await using server = await ServerProcess.start({ env });
  for (const path of PATHS) {
    const input = { url: receiver.url + path, events: NOTICE_EVENTS };
    const { createWebhook } = await ask<{ createWebhook: { secret: string } }>(server.url, CREATE, { input });
    receiver.secrets.set(path, createWebhook.secret);
  }
  let killing = true;
  let next = 0;
  const lane = async () => {
    while (killing) {
      const seed = next++;
      const asked = { seed, steps: plan.steps, size: 32 };
      await watch(server.url, await startOnce(server.url, asked, `webhooks-${seed}`));
    }
  };
  const lanes = Promise.all(Array.from({ length: plan.concurrent }, lane));
  const random = new Random(plan.seed);
  const kill = async () => {
    for (let i = 0; i < plan.kills; i++) {
      if (i % 2 === 0) await pause(random.uniform() * LONGEST_LIFE);
      else await receiver.moment();
      await server.kill();
      await server.startAgain();
    }
    killing = false;
  };
  await Promise.all([kill(), lanes]);
  await untilDelivered(server.url);
  const { code } = await server.stop();
  assert.equal(code, 0, server.lines.join("\n"));
  assertSound(server.dataDir);
  assert.deepEqual(receiver.unsigned, []);
  const events = PATHS.map((path) =>
    assertTold(server.dataDir, receiver.requests.filter((each) => each.path === path))
  );
  return {
    transfers: next,
    events: events.reduce((sum, count) => sum + count, 0),
    webhooks: PATHS.length,
    requests: receiver.requests.length,
    seconds: (performance.now() - begun) / 1000,
  };
}

/** Takes what it is told, verifies it, and refuses some of it at first. */
class Receiver implements AsyncDisposable {
  /** By path. */
  readonly secrets = new Map<string, string>();
  /** In the order of arrival. */
  readonly requests: Request[] = [];
  /** Bodies that the library did not take. */
  readonly unsigned: string[] = [];
  readonly url: string;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #random: Random;
  readonly #seen = new Set<string>();
  #onRequest: () => void = () => {};

  constructor(seed: number) {
    this.#random = new Random(seed + 1);
    const options = { port: 0, hostname: "127.0.0.1", onListen() {} };
    this.#server = Deno.serve(options, (request) => this.#receive(request));
    this.url = `http://127.0.0.1:${this.#server.addr.port}`;
  }

  /** Resolves when a request comes, before its answer or a moment after it. */
  async moment(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onRequest = resolve;
    await promise;
    if (this.#random.uniform() < 0.5) await pause(this.#random.uniform() * LONGEST_AFTERMATH);
  }

  async #receive(request: globalThis.Request): Promise<Response> {
    const { pathname: path } = new URL(request.url);
    const body = await request.text();
    const id = request.headers.get("webhook-id") ?? "";
    try {
      const told = new Webhook(this.secrets.get(path)!).verify(body, Object.fromEntries(request.headers)) as Told;
      this.requests.push({ path, id, told });
    } catch (error) {
      this.unsigned.push(`${error}: ${body}`);
    }
    this.#onRequest();
    // Whoever is to kill the server now does so before the answer is there.
    await pause(1);
    const refused = !this.#seen.has(id) && this.#random.uniform() < REFUSED;
    this.#seen.add(id);
    return new Response(null, { status: refused ? 503 : 204 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

/** Resolves when nothing is on its way any more. */
async function untilDelivered(url: string): Promise<void> {
  const query = "{ webhooks { edges { node { deliveries(first: 100) { edges { node { nextAttemptAt } } } } } } }";
  interface Answer {
    readonly webhooks: { edges: { node: { deliveries: { edges: { node: { nextAttemptAt: string | null } }[] } } }[] };
  }
  for (;;) {
    const { webhooks } = await persist(() => ask<Answer>(url, query));
    const waits = webhooks.edges.some(({ node }) =>
      node.deliveries.edges.some(({ node }) => node.nextAttemptAt !== null)
    );
    if (!waits) return;
    await pause(200);
  }
}

/**
 * That a webhook was told of each event that changed a status, and of progress in between, in order, and of nothing anew
 * once what came after it had been told. Answers the number of events.
 */
function assertTold(dataDir: string, requests: readonly Request[]): number {
  using database = new DatabaseSync(join(dataDir, "gramcast.db"), { readOnly: true });
  const events = database.prepare(
    `SELECT id, group_concat(events.status) AS statuses FROM
       (SELECT * FROM events WHERE losses IS NULL AND status <> 'QUEUED' ORDER BY transfer, sequence) AS events
       JOIN transfers ON transfers.ordinal = events.transfer GROUP BY id`,
  ).all().map(({ id, statuses }) => [String(id), String(statuses).split(",")] as const);
  let count = 0;
  for (const [transfer, statuses] of events) {
    const ofTransfer = requests.filter(({ told }) => told.data.id === transfer);
    const once = ofTransfer.filter(({ id }, i) => id !== ofTransfer[i - 1]?.id);
    const ids = once.map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length, `an event of ${transfer} came again after a later one`);
    const types = once.map(({ told }) => told.type.replace("transfer.", "").toUpperCase());
    assert.deepEqual(types.filter((type) => type !== "PROGRESS"), statuses, transfer);
    assert.equal(types.at(-1), statuses.at(-1));
    const steps = once.map(({ told }) => told.data.step);
    assert.deepEqual(steps, steps.toSorted((a, b) => a - b));
    count += once.length;
  }
  assert.ok(count > 0);
  const left = database.prepare("SELECT count(*) AS count FROM deliveries WHERE delivered_at IS NULL").get()!;
  assert.equal(left["count"], 0);
  return count;
}
