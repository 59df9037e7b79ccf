import assert from "node:assert/strict";
import { statusOnly, transferRecord, webhookRecord } from "../../testing/records.ts";
import { type NoticeEvent, TRANSFER_STATUSES } from "../../types.ts";
import { MemoryBlobs } from "../blobs/memory_blobs.ts";
import { testWebhookStore } from "../conformance/webhook_store.ts";
import type { Outcome, Waiting } from "../ports.ts";
import * as outbox from "./outbox.ts";
import { PostgresTransferStore } from "./postgres_transfer_store.ts";
import { PostgresWebhookStore } from "./postgres_webhook_store.ts";
import { lockWaits } from "./testing/lock_waits.ts";
import { POSTGRES } from "./testing/postgres_server.ts";
import { postgresTest } from "./testing/postgres_suite.ts";
import { TemporaryDatabase } from "./testing/temporary_database.ts";

/** Fewer than the server keeps, so that there are soon more. */
const KEPT = 20;
const IDLE = { lanes: [], hosts: [] };

if (POSTGRES !== null) {
  testWebhookStore("PostgresWebhookStore", async () => {
    const temporary = await TemporaryDatabase.make();
    const { a: { store, webhooks } } = await servers(temporary);
    return { store, webhooks, close: () => temporary[Symbol.asyncDispose]() };
  }, KEPT);
}

const test = postgresTest("two servers with one outbox");

test("add no more webhooks than an owner may have", async (temporary) => {
  const { a, b } = await servers(temporary);
  const ids = ["u", "v", "w", "x"];
  const added = await Promise.all(ids.map((id, i) => [a, b][i % 2]!.webhooks.add(webhookRecord({ id }), 2)));
  assert.equal(added.filter(Boolean).length, 2);
  assert.equal((await a.webhooks.list("local")).length, 2);
});

test("answer each the secret that it has set, and keep the one before", async (temporary) => {
  const { a, b } = await servers(temporary);
  await a.webhooks.add(webhookRecord({ id: "w", secret: "0" }), 5);
  const [first, second] = await Promise.all([a.webhooks.rotate("w", "1", 70), b.webhooks.rotate("w", "2", 80)]);
  assert.deepEqual([first!.secret, second!.secret], ["1", "2"]);
  const kept = (await a.webhooks.get("w"))!;
  const [earlier, later] = kept.secret === "2" ? [first!, second!] : [second!, first!];
  assert.deepEqual([earlier.formerSecret!.secret, later.formerSecret!.secret], ["0", earlier.secret]);
  assert.deepEqual(kept, later);
});

for (const kind of ["DELIVERED", "RETRY", "GIVEN_UP"] as const) {
  test(`miss nothing that one adds while the other records ${kind}`, async (temporary) => {
    const { a, b, database } = await servers(temporary);
    await a.webhooks.add(webhookRecord({ id: "w" }), 5);
    await a.store.create(transferRecord({ id: "a" }), statusOnly("QUEUED"));
    await tell(a, "a", "RUNNING");
    const waiting = (await b.webhooks.next(IDLE))!;
    const { ordinal } = (await database.first<{ ordinal: number }>("SELECT ordinal FROM transfers"))!;
    let recorded: Promise<void>;
    await database.transaction(async (queries) => {
      await queries.run("SELECT 1 FROM transfers FOR NO KEY UPDATE");
      await outbox.addNotice(queries, ordinal, transferRecord({ id: "a" }), { event: "SUCCEEDED", at: 7 });
      recorded = settle(b, waiting, { kind, dueAt: 5, heldUntil: null });
      await lockWaits(database, recorded);
    });
    await recorded!;
    if (kind === "RETRY") await settle(a, (await a.webhooks.next(IDLE))!, { kind: "DELIVERED" });
    assert.equal((await a.webhooks.next(IDLE))?.delivery.notice.event, "SUCCEEDED");
  });
}

test("keep to the time that a receiver has set while the other adds", async (temporary) => {
  const { a, b, database } = await servers(temporary);
  await a.webhooks.add(webhookRecord({ id: "w" }), 5);
  for (const id of ["a", "b"]) await a.store.create(transferRecord({ id }), statusOnly("QUEUED"));
  await tell(a, "a", "RUNNING");
  const waiting = (await b.webhooks.next(IDLE))!;
  let told: Promise<void>;
  await database.transaction(async (queries) => {
    await queries.run("UPDATE webhooks SET held_until = 50");
    told = tell(b, "b", "RUNNING");
    await lockWaits(database, told);
  });
  await told!;
  const other = await a.webhooks.next({ lanes: [waiting.lane], hosts: [] });
  assert.deepEqual([other?.delivery.transferId, other?.dueAt], ["b", 50]);
});

test("have a delivery made anew that is replayed while the other settles it", async (temporary) => {
  const { a, b } = await servers(temporary);
  await a.webhooks.add(webhookRecord({ id: "w" }), 5);
  await a.store.create(transferRecord({ id: "a" }), statusOnly("QUEUED"));
  for (let round = 0; round < 5; round++) {
    await tell(a, "a", "RUNNING");
    const waiting = (await a.webhooks.next(IDLE))!;
    const { id } = waiting.delivery;
    const [replayed] = await Promise.all([
      a.webhooks.replay(id, 4),
      b.webhooks.replay(id, 3),
      settle(b, waiting, { kind: "GIVEN_UP" }),
    ]);
    assert.equal(replayed!.id, id);
    // Settled last, it is settled; else it waits for the earlier of both times or for the one that it had.
    const after = (await b.webhooks.delivery(id))!;
    const next = await a.webhooks.next(IDLE);
    assert.equal(next?.delivery.id, after.nextAttemptAt === null ? undefined : id);
    assert.equal(after.attempts, 1);
    if (next !== null) await settle(a, next, { kind: "DELIVERED" });
    assert.equal(await b.webhooks.next(IDLE), null);
  }
});

test("stand in nobody's way for ever, whatever goes meanwhile", async (temporary) => {
  const { a, b } = await servers(temporary);
  for (let round = 0; round < 5; round++) {
    await a.webhooks.add(webhookRecord({ id: "w" }), 5);
    const own = webhookRecord({ id: "t", transferId: "a" });
    await a.store.create(transferRecord({ id: "a" }), statusOnly("QUEUED"), own);
    for (const event of ["RUNNING", "SUCCEEDED"] as const) await tell(a, "a", event);
    const [ofOwner, ofTransfer] = await Promise.all(
      ["w", "t"].map(async (webhookId) =>
        (await a.webhooks.deliveries({ webhookId, failed: false, olderThan: null, newerThan: null, limit: 9 }))[0]!
      ),
    );
    const waiting = (await b.webhooks.next(IDLE))!;
    await Promise.all([
      a.store.remove("a"),
      b.webhooks.remove("w"),
      a.webhooks.replay(ofOwner!.delivery.id, 4),
      b.webhooks.replay(ofTransfer!.delivery.id, 4),
      settle(b, waiting, { kind: "RETRY", dueAt: 9, heldUntil: 8 }),
      tell(b, "a", "FAILED"),
    ]);
    assert.deepEqual([await a.webhooks.next(IDLE), await a.webhooks.latest()], [null, 0]);
  }
});

type Server = Awaited<ReturnType<typeof servers>>["a"];

async function servers(temporary: TemporaryDatabase) {
  const blobs = new MemoryBlobs();
  const [database, other] = await Promise.all([temporary.open(), temporary.open()]);
  const [a, b] = [database, other].map((each) => ({
    store: new PostgresTransferStore(each, blobs),
    webhooks: new PostgresWebhookStore(each, KEPT),
  }));
  return { database, a: a!, b: b! };
}

async function tell({ store }: Server, id: string, event: NoticeEvent): Promise<void> {
  await store.append(id, { from: TRANSFER_STATUSES, changes: {}, events: [], notice: { event, at: 1 } });
}

function settle({ webhooks }: Server, { delivery }: Waiting, outcome: Outcome): Promise<void> {
  return webhooks.record(delivery.id, { at: 1, status: null, error: "nothing", outcome });
}
