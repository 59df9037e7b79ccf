/** Several servers on one storage: any may stop, be cut off, or hear of what another runs. */
import assert from "node:assert/strict";
import { GramcastError } from "../../errors.ts";
import { isError } from "../testing/errors.ts";
import { Cluster, LEASE_MILLISECONDS, type Member, tasks, until } from "../testing/cluster.ts";
import { ServiceStage, upTo } from "../testing/service_stage.ts";
import type { BatchItem } from "../api.ts";
import { sameForAll } from "../quotas.ts";
import type { TransferRecord } from "../types.ts";

/** Lets a worker take so many steps of what it runs. */
async function take(steps: number, { stage: { engine } }: Member): Promise<void> {
  engine.allow(steps);
  await engine.blocked();
}

/** Result and losses of a transfer that nothing befell, on a server that is alone. */
async function undisturbed(): Promise<{ readonly sha256: string; readonly losses: readonly unknown[] }> {
  await using stage = await ServiceStage.open();
  const { id } = await stage.ended((await stage.start()).id);
  return await outcome(stage, id);
}

async function outcome({ transfers }: ServiceStage, id: string) {
  const { resultId } = (await transfers.get(id))!;
  return { sha256: (await transfers.images.get(resultId!))!.sha256, losses: await transfers.lossHistory(id, 99) };
}

/** An API server, a worker that has taken 7 steps of a transfer, and another that has nothing to do. */
async function running(cluster: Cluster) {
  const api = await cluster.addApi();
  const first = await cluster.add();
  first.stage.engine.hold();
  const { id } = await api.stage.start();
  await first.stage.engine.blocked();
  await take(7, first);
  const second = await cluster.add();
  const events = Array.fromAsync(await api.stage.transfers.progress(id, { after: 0 }), ({ event }) => event.sequence);
  return { api, first, second, id, events };
}

async function assertWhole(stage: ServiceStage, id: string, events: Promise<number[]>): Promise<void> {
  assert.deepEqual(await events, upTo(23));
  assert.equal((await stage.transfers.get(id))?.status, "SUCCEEDED");
  assert.deepEqual(await outcome(stage, id), await undisturbed());
}

Deno.test("a worker that is killed is followed by another once its lease has run out, to the same end", async () => {
  await using cluster = new Cluster();
  const { api, first, second, id, events } = await running(cluster);
  await cluster.kill(first);
  await cluster.pass(LEASE_MILLISECONDS - 1000);
  assert.deepEqual(second.stage.engine.jobs, []);
  await cluster.pass(3000);
  assert.equal(second.stage.engine.jobs.length, 1);
  await assertWhole(api.stage, id, events);
});

Deno.test("a worker that drains is followed by another at once, from its last step", async () => {
  await using cluster = new Cluster();
  const { api, first, second, id, events } = await running(cluster);
  await first.stage.service.drain();
  await assertWhole(api.stage, id, events);
  const [checkpoint] = JSON.parse(new TextDecoder().decode(second.stage.engine.jobs[0]!.checkpoint!));
  assert.equal(checkpoint, 7);
});

Deno.test("a worker that comes back after another has gone on writes nothing more and stops its engine", async () => {
  await using cluster = new Cluster();
  const { api, first, second, id, events } = await running(cluster);
  second.stage.engine.hold();
  first.link.down();
  first.stage.engine.allow(1);
  await cluster.pass(LEASE_MILLISECONDS + 2000);
  await take(6, second);
  const before = await api.stage.transfers.get(id);
  first.link.up();
  await cluster.pass(2000);
  await until(() => first.stage.service.vitals().then(({ running }) => running === 0));
  assert.deepEqual(await api.stage.transfers.get(id), before);
  second.stage.engine.allow(Infinity);
  await assertWhole(api.stage, id, events);
});

Deno.test("a worker whose engine hangs when its lease is lost writes nothing when that comes back", async () => {
  await using cluster = new Cluster();
  const { api, first, second, id, events } = await running(cluster);
  const { promise: computed, resolve: compute } = Promise.withResolvers<void>();
  first.stage.engine.during = () => computed;
  first.stage.engine.allow(1);
  first.link.down();
  await cluster.pass(LEASE_MILLISECONDS + 2000);
  await until(() => second.stage.engine.jobs.length === 1);
  await api.stage.ended(id);
  first.link.up();
  await cluster.pass(2000);
  compute();
  await until(() => first.stage.service.vitals().then(({ running }) => running === 0));
  await assertWhole(api.stage, id, events);
  assert.deepEqual(await cluster.storage.queue.missing([id]), [id]);
});

Deno.test("a database that is away for a minute delays a step: the worker keeps it, callers are told, nothing is lost", async () => {
  await using cluster = new Cluster();
  const api = await cluster.addApi();
  const worker = await cluster.add();
  worker.stage.engine.hold();
  const { id } = await api.stage.start();
  await worker.stage.engine.blocked();
  await take(7, worker);
  for (const { link } of [api, worker]) link.down();
  worker.stage.engine.allow(Infinity);
  for (
    const asked of [() => api.stage.start(), () => api.stage.transfers.cancel(id), () => api.stage.transfers.get(id)]
  ) {
    await assert.rejects(asked(), isError("STORAGE_UNAVAILABLE"));
  }
  await cluster.pass(60_000);
  for (const { link } of [api, worker]) link.up();
  await cluster.pass(3000);
  const ended = await api.stage.ended(id);
  assert.deepEqual([ended.status, ended.sequence, worker.stage.engine.jobs.length], ["SUCCEEDED", 23, 1]);
  assert.deepEqual(await outcome(api.stage, id), await undisturbed());
});

Deno.test("when a database comes back, a transfer goes on with the worker that had it, though its lease has run out", async () => {
  await using cluster = new Cluster();
  const { api, first, second, id, events } = await running(cluster);
  for (const { link } of [first, second]) link.down();
  first.stage.engine.allow(1);
  await cluster.pass(LEASE_MILLISECONDS + 5000);
  second.link.up();
  // It is reached by one after the other.
  await cluster.pass(1500);
  first.link.up();
  await cluster.pass(5000);
  first.stage.engine.allow(Infinity);
  await assertWhole(api.stage, id, events);
  assert.deepEqual([first.stage.engine.jobs.length, second.stage.engine.jobs.length], [1, 0]);
});

Deno.test("a transfer that a worker begins while the database goes away is not failed for it", async () => {
  await using cluster = new Cluster();
  const api = await cluster.addApi();
  const worker = await cluster.add();
  const { promise: started, resolve: start } = Promise.withResolvers<void>();
  worker.stage.engine.hold();
  const first = await api.stage.start();
  await worker.stage.engine.blocked();
  worker.stage.engine.starting = started;
  const second = await api.stage.start();
  worker.stage.engine.allow(Infinity);
  await api.stage.ended(first.id);
  await tasks();
  worker.link.down();
  start();
  await cluster.pass(30_000);
  worker.link.up();
  await cluster.pass(6000);
  assert.equal((await api.stage.ended(second.id)).status, "SUCCEEDED");
});

Deno.test("what runs on one server is cancelled at another, after its present step", async () => {
  await using cluster = new Cluster();
  const { api, first, id } = await running(cluster);
  const cancelled = await api.stage.transfers.cancel(id);
  assert.deepEqual([cancelled.status, cancelled.step], ["CANCELLED", 7]);
  assert.deepEqual(await first.stage.ports.queue.missing([id]), [id]);
  assert.deepEqual(await cluster.storage.shared!.orders.open([id]), []);
});

Deno.test("what runs on one server is retuned at another, for its next step", async () => {
  await using cluster = new Cluster();
  const { api, first, id } = await running(cluster);
  const after = await api.stage.transfers.retune(id, { contentWeight: 3 });
  assert.deepEqual([after.options.contentWeight, after.tunings.at(-1)?.afterStep], [3, 7]);
  first.stage.engine.allow(Infinity);
  const { status, tunings } = await api.stage.ended(id);
  assert.deepEqual([status, tunings.at(-1)?.afterStep], ["SUCCEEDED", 7]);
  await assert.rejects(api.stage.transfers.retune(id, { contentWeight: 4 }), isError("CONFLICT", "SUCCEEDED"));
});

Deno.test("what a worker answers an order with is told to who asked", async () => {
  await using cluster = new Cluster();
  const { api, id } = await running(cluster);
  const full = new GramcastError("STORAGE_FULL", "Cannot write: found no room, wanted some");
  cluster.storage.store.append = () => Promise.reject(full);
  await assert.rejects(api.stage.transfers.retune(id, { contentWeight: 3 }), isError("STORAGE_FULL", "no room"));
  assert.deepEqual(await cluster.storage.shared!.orders.open([id]), []);
});

Deno.test("an order for a worker that is dead is carried out by the one that goes on", async () => {
  await using cluster = new Cluster();
  const { api, first, second, id } = await running(cluster);
  second.stage.engine.hold();
  await cluster.kill(first);
  const retuned = api.stage.transfers.retune(id, { contentWeight: 3 });
  await cluster.pass(LEASE_MILLISECONDS + 4000);
  const { options, tunings, step } = await retuned;
  assert.deepEqual([options.contentWeight, tunings.at(-1)?.afterStep, step], [3, 7, 7]);
  second.stage.engine.allow(Infinity);
  assert.equal((await api.stage.ended(id)).status, "SUCCEEDED");
  assert.deepEqual(await api.stage.loggedSteps(id), upTo(20));
});

Deno.test("a retuning of a transfer that no worker goes on with is refused in the end, and is not carried out later", async () => {
  await using cluster = new Cluster();
  const { api, first, second, id } = await running(cluster);
  for (const worker of [first, second]) await cluster.kill(worker);
  const refused = assert.rejects(
    api.stage.transfers.retune(id, { contentWeight: 3 }),
    isError("ENGINE_UNAVAILABLE", "no worker"),
  );
  await cluster.pass(60_000);
  await refused;
  const third = await cluster.add();
  assert.notEqual((await api.stage.ended(id)).options.contentWeight, 3);
  assert.equal(third.stage.engine.jobs.length, 1);
});

Deno.test("a transfer whose worker is dead is cancelled without one", async () => {
  await using cluster = new Cluster();
  const { api, first, second, id } = await running(cluster);
  for (const worker of [first, second]) await cluster.kill(worker);
  const cancelled = api.stage.transfers.cancel(id);
  await cluster.pass(LEASE_MILLISECONDS + 2000);
  assert.deepEqual([(await cancelled).status, (await cancelled).step], ["CANCELLED", 7]);
  assert.deepEqual(await cluster.storage.queue.missing([id]), [id]);
});

Deno.test("a worker that was cut off while its transfer was cancelled elsewhere stops, and gives nothing back twice", async () => {
  await using cluster = new Cluster();
  const { api, first, second, id } = await running(cluster);
  await cluster.kill(second);
  first.link.down();
  const cancelled = api.stage.transfers.cancel(id);
  await cluster.pass(LEASE_MILLISECONDS + 2000);
  await cancelled;
  const day = Math.floor(cluster.clock.now() / 86_400_000);
  const work = await cluster.storage.store.workOf("local", day);
  first.link.up();
  first.stage.engine.allow(3);
  await cluster.pass(6000);
  await until(() => first.stage.service.vitals().then(({ running }) => running === 0));
  assert.deepEqual([(await api.stage.transfers.get(id))?.step, (await api.stage.transfers.get(id))?.status], [
    7,
    "CANCELLED",
  ]);
  assert.equal(await cluster.storage.store.workOf("local", day), work);
});

Deno.test("a transfer that has just ended on one server is resumed and deleted at another", async () => {
  await using cluster = new Cluster();
  const api = await cluster.addApi();
  const worker = await cluster.add();
  const { settle } = cluster.storage.queue;
  // The worker has said that it has ended, and is killed before it settles it.
  cluster.storage.queue.settle = (id, claim) =>
    claim === undefined ? settle.call(cluster.storage.queue, id) : new Promise(() => {});
  const { id } = await api.stage.ended((await api.stage.start({ steps: 12 })).id);
  cluster.storage.queue.settle = settle;
  await cluster.kill(worker);
  const resumed = await api.stage.transfers.resume(id, 8);
  assert.deepEqual([resumed.status, await api.stage.transfers.queuePosition(id)], ["QUEUED", 0]);
  await cluster.add();
  await assertWholeAfterResume(api.stage, id);
  await api.stage.transfers.remove(id);
  assert.equal(await api.stage.transfers.get(id), null);
});

async function assertWholeAfterResume(stage: ServiceStage, id: string): Promise<void> {
  assert.equal((await stage.ended(id)).status, "SUCCEEDED");
  assert.deepEqual(await outcome(stage, id), await undisturbed());
}

Deno.test("two servers that resume a transfer at once queue it once", async () => {
  await using cluster = new Cluster();
  const [one, other] = [await cluster.addApi(), await cluster.add({ works: false })];
  const worker = await cluster.add();
  const { id } = await one.stage.ended((await one.stage.start({ steps: 12 })).id);
  worker.stage.engine.hold();
  const [first, second] = await Promise.allSettled([one, other].map(({ stage }) => stage.transfers.resume(id, 8)));
  assert.deepEqual([first!.status, second!.status].sort(), ["fulfilled", "rejected"]);
  worker.stage.engine.allow(Infinity);
  const { status, step } = await one.stage.ended(id);
  assert.deepEqual([status, step, await one.stage.loggedSteps(id)], ["SUCCEEDED", 20, upTo(20)]);
});

Deno.test("watchers at another server see the newest frame, which is read once for all of them", async () => {
  await using cluster = new Cluster();
  const { api, first, id } = await running(cluster);
  const watchers = await Promise.all([1, 2, 3].map(() => api.stage.transfers.progress(id, {})));
  const snapshots = await Promise.all(watchers.map(async (watcher) => (await watcher.next()).value!));
  assert.deepEqual(snapshots.map(({ frame }) => frame?.step), [5, 5, 5]);
  api.link.calls.length = 0;
  await take(3, first);
  for (const watcher of watchers) {
    const items = [(await watcher.next()).value!, (await watcher.next()).value!, (await watcher.next()).value!];
    assert.deepEqual(items.map(({ event, frame }) => [event.step, frame?.step ?? null]), [[8, null], [9, null], [
      10,
      10,
    ]]);
    const own = (await first.stage.transfers.frame(id, 10))!;
    assert.deepEqual(await items[2]!.frame!.picture(), await own.picture());
  }
  const reads = (method: string) => api.link.calls.filter((call) => call === `liveFrames.${method}`).length;
  assert.deepEqual([reads("newest"), reads("read")], [1, 1]);
  first.stage.engine.allow(Infinity);
  await api.stage.ended(id);
  await until(async () => await cluster.storage.shared!.liveFrames.newest(id) === null);
  assert.equal((await api.stage.transfers.frame(id, null))?.step, 20);
  for (const watcher of watchers) await watcher.return!();
});

Deno.test("a server without an engine answers by the workers that are there", async () => {
  await using cluster = new Cluster();
  const api = await cluster.addApi({ engineMemoryBytes: 1 });
  await assert.rejects(api.stage.service.engine(), isError("ENGINE_UNAVAILABLE", "no worker"));
  const small = await cluster.add({ settings: { engineMemoryBytes: 2 ** 13 } });
  const large = await cluster.add({ settings: { engineMemoryBytes: 2 ** 20 } });
  await cluster.pass(2500);
  assert.equal((await api.stage.service.engine()).backend, "fake");
  for (const { stage } of [small, large]) stage.engine.hold();
  assert.equal((await api.stage.transfers.estimate(api.stage.request())).fits, true);
  // 16 bytes for each of 32² pixels are more than the small one may take.
  const { id } = await api.stage.start();
  await large.stage.engine.blocked();
  assert.deepEqual([small.stage.engine.jobs.length, large.stage.engine.jobs.length], [0, 1]);
  await take(1, large);
  const waiting = await api.stage.start();
  // 19 steps of half a second, and 20 of its own, on two workers.
  assert.equal(await api.stage.transfers.etaSeconds(waiting), 9.5 / 2 + 10);
  await small.stage.service.drain();
  await cluster.pass(2500);
  assert.equal(await api.stage.transfers.etaSeconds(waiting), 9.5 + 10);
  await large.stage.service.drain();
  await cluster.pass(2500);
  // It says what has run the last one.
  assert.equal((await api.stage.service.engine()).backend, "fake");
  assert.equal((await api.stage.transfers.cancel(id)).status, "CANCELLED");
});

Deno.test("an engine that does not start claims nothing where another server's does", async () => {
  await using cluster = new Cluster();
  const api = await cluster.addApi();
  const worker = await cluster.add();
  worker.stage.engine.failure = new Error("no such device");
  const other = await cluster.add();
  const { id } = await api.stage.start();
  await cluster.pass(3000);
  assert.equal((await api.stage.ended(id)).status, "SUCCEEDED");
  assert.deepEqual([worker.stage.engine.jobs.length, other.stage.engine.jobs.length], [0, 1]);
});

Deno.test("requests to two servers do not take the last place of an owner twice", async () => {
  await using cluster = new Cluster();
  const [one, other] = [await cluster.addApi(), await cluster.add({ works: false })];
  Object.assign(other.stage, { contentId: one.stage.contentId, styleId: one.stage.styleId });
  const started = await Promise.allSettled(
    Array.from({ length: 10 }, (_, i) => [one, other][i % 2]!.stage.start()),
  );
  assert.equal(started.filter(({ status }) => status === "fulfilled").length, 4);
});

Deno.test("what a stop of a server left in the queue is put right by another, and no live worker is disturbed", async () => {
  await using cluster = new Cluster();
  const { api, first, id, events } = await running(cluster);
  const lost = await startUnconfirmed(cluster, api);
  await cluster.pass(200_000);
  assert.equal((await api.stage.ended(lost.id)).status, "SUCCEEDED");
  assert.equal((await api.stage.transfers.get(id))?.step, 7);
  first.stage.engine.allow(Infinity);
  await assertWhole(api.stage, id, events);
});

/** A transfer whose server stopped before its place in the queue was confirmed. */
async function startUnconfirmed(cluster: Cluster, { stage }: Member): Promise<TransferRecord> {
  const { queue } = cluster.storage;
  const { confirm } = queue;
  queue.confirm = () => Promise.resolve();
  const record = await stage.start();
  queue.confirm = confirm;
  return record;
}

Deno.test("a batch that several workers run is followed at one server after the other, without hole or repeat", async () => {
  await using cluster = new Cluster();
  const settings = { maxQueued: 100, quotas: sameForAll({}) };
  const api = await cluster.addApi(settings);
  const other = await cluster.add({ works: false, settings });
  const { id } = await api.stage.startBatch(9);
  const workers = [await cluster.add(), await cluster.add()];
  const servers = [api, other];
  const seen: BatchItem[] = [];
  for (let turn = 0; seen.at(-1)?.status !== "SUCCEEDED"; turn++) {
    const { batches } = servers[turn % 2]!.stage.transfers;
    let taken = 0;
    for await (const item of await batches.progress(id, { after: seen.at(-1)?.cursor ?? "0" })) {
      seen.push(item);
      if (++taken === 5) break;
    }
  }
  assert.ok(workers.every(({ stage }) => stage.engine.jobs.length > 0));
  assert.deepEqual(seen.map(({ sequence }) => sequence), upTo(9 * 7));
  const byTransfer = Map.groupBy(seen, ({ progress }) => progress.transfer.id);
  for (const items of byTransfer.values()) {
    assert.deepEqual(items.map(({ progress }) => progress.event.sequence), upTo(7));
  }
  assert.deepEqual([byTransfer.size, seen.at(-1)!.done], [9, 9]);
});

Deno.test("two servers that are asked for a batch with one key at once start it once, and keep no place for another", async () => {
  await using cluster = new Cluster();
  const settings = { maxQueued: 100, quotas: sameForAll({ pixelSteps: 1e9 }) };
  const api = await cluster.addApi(settings);
  const other = await cluster.add({ works: false, settings });
  Object.assign(other.stage, { contentId: api.stage.contentId, styleId: api.stage.styleId });
  const batches = await Promise.all(
    [api, other, api].map(({ stage }) => stage.startBatch(3, { idempotencyKey: "k" })),
  );
  assert.equal(new Set(batches.map(({ id }) => id)).size, 1);
  assert.equal((await cluster.storage.queue.counts("local")).waiting, 3);
  const shares = await api.stage.transfers.shares();
  assert.equal(shares.find(({ name }) => name === "pixelSteps")?.used, 3 * 4 * 32 ** 2);
});

Deno.test("a batch is cancelled and deleted at one server while others run it", async () => {
  await using cluster = new Cluster();
  const settings = { maxQueued: 100, quotas: sameForAll({}) };
  const api = await cluster.addApi(settings);
  const { id } = await api.stage.startBatch(6);
  const workers = [await cluster.add({ held: true }), await cluster.add({ held: true })];
  await Promise.all(workers.map(({ stage }) => stage.engine.blocked()));
  const { batches } = api.stage.transfers;
  await batches.cancel(id);
  assert.deepEqual(await batches.state(id), { status: "CANCELLED", done: 6, count: 6 });
  assert.deepEqual(workers.map(({ stage }) => stage.engine.jobs.length), [1, 1]);
  assert.equal((await batches.remove(id)).length, 6);
  assert.equal(await batches.get(id), null);
});

Deno.test("times are those of the clock that all servers share, however theirs are set", async () => {
  await using cluster = new Cluster();
  const api = await cluster.addApi();
  const fast = {
    ...clockOf(cluster),
    now: () => cluster.clock.now() + 3_600_000,
    wall: () => cluster.clock.wall() + 3_600_000,
  };
  await cluster.add({ clock: fast });
  const { createdAt, startedAt, finishedAt } = await api.stage.ended((await api.stage.start()).id);
  assert.deepEqual([startedAt, finishedAt], [createdAt, createdAt]);
});

function clockOf({ clock }: Cluster) {
  return { elapsed: () => clock.elapsed(), delay: (milliseconds: number) => clock.delay(milliseconds) };
}

Deno.test("webhooks are told once by one server of what any other does, and by the next when that is gone", async () => {
  await using cluster = new Cluster();
  const api = await cluster.addApi();
  const other = await cluster.add({ works: false });
  await cluster.add({ settings: { answersCallers: false } });
  await api.stage.transfers.webhooks.create({ url: "https://receiver.example/hook", events: ["SUCCEEDED"] });
  const told = () => [api, other].map(({ stage }) => stage.ports.receivers.received.length);
  await api.stage.ended((await api.stage.start()).id);
  await cluster.pass(1500);
  assert.deepEqual(told(), [1, 0]);
  await cluster.kill(api);
  Object.assign(other.stage, { contentId: api.stage.contentId, styleId: api.stage.styleId });
  await other.stage.ended((await other.stage.start()).id);
  await cluster.pass(1500);
  assert.deepEqual(told(), [1, 1]);
});
