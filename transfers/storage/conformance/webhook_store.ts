import assert from "node:assert/strict";
import { suite } from "../../../tests/testing/suite.ts";
import {
  type Attempt,
  DELIVERIES_KEPT,
  type DeliveryQuery,
  type Outcome,
  type TransferStore,
  type Waiting,
  type WebhookStore,
} from "../ports.ts";
import { lossesAt, statusOnly, stepEvent, transferRecord, webhookRecord } from "../../testing/records.ts";
import { NOTICE_EVENTS, type NoticeEvent, TRANSFER_STATUSES } from "../../types.ts";

const IDLE = { lanes: [], hosts: [] };

/** Both stores of one storage. */
interface Stores {
  readonly store: TransferStore;
  readonly webhooks: WebhookStore;
}

/**
 * What every store of webhooks must do, with the transfers that they are told of. `open` gives empty ones.
 *
 * @param keep Deliveries of a webhook that it keeps beside those on their way.
 */
export function testWebhookStore(
  name: string,
  open: () => Promise<Stores & { close: () => Promise<void> }>,
  keep = DELIVERIES_KEPT,
): void {
  const test = suite(name, open);

  test("gives back what was added, and removes it", async ({ webhooks }) => {
    const webhook = webhookRecord({ id: "w", events: ["FAILED", "SUCCEEDED"] });
    assert.equal(await webhooks.add(webhook, 5), true);
    assert.deepEqual(await webhooks.get("w"), webhook);
    assert.deepEqual(await webhooks.list("local"), [webhook]);
    assert.deepEqual(await webhooks.list("other"), []);
    await webhooks.remove("w");
    assert.equal(await webhooks.get("w"), null);
  });

  test("adds no more than an owner may have, those of single transfers not counted", async ({ store, webhooks }) => {
    const own = webhookRecord({ id: "t", transferId: "a" });
    await store.create(transferRecord({ id: "a" }), statusOnly("QUEUED"), own);
    assert.equal(await webhooks.add(webhookRecord({ id: "v" }), 2), true);
    assert.equal(await webhooks.add(webhookRecord({ id: "w" }), 2), true);
    assert.equal(await webhooks.add(webhookRecord({ id: "x" }), 2), false);
    assert.equal(await webhooks.add(webhookRecord({ id: "y", owner: "ann" }), 2), true);
    assert.deepEqual((await webhooks.list("local")).map(({ id }) => id), ["v", "w"]);
    assert.deepEqual(await webhooks.ofTransfer("a"), own);
    assert.equal(await webhooks.ofTransfer("b"), null);
  });

  test("keeps the secret before the newest, and no other", async ({ webhooks }) => {
    await webhooks.add(webhookRecord({ id: "w", secret: "1" }), 5);
    await webhooks.rotate("w", "2", 70);
    const rotated = await webhooks.rotate("w", "3", 80);
    assert.deepEqual(rotated, webhookRecord({ id: "w", secret: "3", formerSecret: { secret: "2", until: 80 } }));
    assert.deepEqual(await webhooks.get("w"), rotated);
    assert.equal(await webhooks.rotate("v", "4", 90), null);
  });

  test("tells whoever wants it of a change, as it was then", async ({ store, webhooks }) => {
    await webhooks.add(webhookRecord({ id: "all" }), 5);
    await webhooks.add(webhookRecord({ id: "ends", events: ["SUCCEEDED", "FAILED"] }), 5);
    await webhooks.add(webhookRecord({ id: "other", owner: "ann" }), 5);
    await store.create(transferRecord({ id: "a" }), statusOnly("QUEUED"), webhookRecord({ id: "a", transferId: "a" }));
    await store.create(transferRecord({ id: "b" }), statusOnly("QUEUED"), webhookRecord({ id: "b", transferId: "b" }));
    await tell(store, "a", "RUNNING");
    await store.append("a", {
      from: ["RUNNING"],
      changes: {
        status: "FAILED",
        step: 7,
        losses: lossesAt(7),
        resultId: "r",
        failure: { code: "INTERNAL", message: "?" },
      },
      events: [statusOnly("FAILED")],
      notice: { event: "FAILED", at: 9 },
    });
    const told = async (id: string) => (await webhooks.deliveries(all(id))).map(({ delivery }) => delivery.notice);
    const { layers: _, ...losses } = lossesAt(7);
    const failed = {
      event: "FAILED",
      at: 9,
      status: "FAILED",
      step: 7,
      steps: 20,
      losses,
      resultId: "r",
      failure: { code: "INTERNAL", message: "?" },
    };
    assert.deepEqual(await told("ends"), [failed]);
    for (const id of ["all", "a"]) {
      const [last, first, ...others] = await told(id);
      assert.deepEqual([last, first!.event, first!.losses, others], [failed, "RUNNING", null, []]);
    }
    assert.deepEqual([await told("other"), await told("b")], [[], []]);
  });

  test("tells nothing of a change that was not made", async ({ store, webhooks }) => {
    await webhooks.add(webhookRecord({ id: "w" }), 5);
    await store.create(transferRecord({ id: "a" }), statusOnly("QUEUED"));
    const append = { from: ["RUNNING"], changes: {}, events: [], notice: { event: "RUNNING", at: 1 } } as const;
    assert.equal(await store.append("a", append), null);
    assert.deepEqual(await webhooks.deliveries(all("w")), []);
    assert.equal(await webhooks.next(IDLE), null);
  });

  test("gives what is to be told of a transfer in order, one after the other", async ({ store, webhooks }) => {
    await webhooks.add(webhookRecord({ id: "w" }), 5);
    await store.create(transferRecord({ id: "a" }), statusOnly("QUEUED"));
    for (const event of ["RUNNING", "PROGRESS", "SUCCEEDED"] as const) await tell(store, "a", event, 5);
    const first = (await webhooks.next(IDLE))!;
    assert.deepEqual([first.delivery.notice.event, first.dueAt, first.tries], ["RUNNING", 5, 0]);
    assert.deepEqual(first.webhook, webhookRecord({ id: "w" }));
    assert.equal(await webhooks.next({ lanes: [first.lane], hosts: [] }), null);
    await settle(webhooks, first, { kind: "RETRY", dueAt: 90, heldUntil: null });
    const again = (await webhooks.next(IDLE))!;
    assert.deepEqual([again.delivery.id, again.dueAt, again.tries], [first.delivery.id, 90, 1]);
    await settle(webhooks, again, { kind: "DELIVERED" }, 91);
    const second = (await webhooks.next(IDLE))!;
    assert.deepEqual([second.delivery.notice.event, second.dueAt, second.tries], ["PROGRESS", 91, 0]);
    await settle(webhooks, second, { kind: "GIVEN_UP" }, 92);
    const third = (await webhooks.next(IDLE))!;
    assert.deepEqual([third.delivery.notice.event, third.dueAt], ["SUCCEEDED", 92]);
    await settle(webhooks, third, { kind: "DELIVERED" }, 93);
    assert.equal(await webhooks.next(IDLE), null);
  });

  test("gives what is due first, but nothing of lanes and hosts that are busy", async ({ store, webhooks }) => {
    await webhooks.add(webhookRecord({ id: "v", url: "https://one.example/v" }), 5);
    await webhooks.add(webhookRecord({ id: "w", url: "https://two.example:8443/w" }), 5);
    for (const [i, id] of ["a", "b"].entries()) {
      await store.create(transferRecord({ id }), statusOnly("QUEUED"));
      await tell(store, id, "RUNNING", 10 - i);
    }
    const seen: string[] = [];
    const lanes: number[] = [];
    for (let next = await webhooks.next(IDLE); next !== null; next = await webhooks.next({ lanes, hosts: [] })) {
      seen.push(`${next.webhook.id} ${next.delivery.transferId} ${next.dueAt}`);
      lanes.push(next.lane);
    }
    assert.deepEqual(seen, ["v b 9", "w b 9", "v a 10", "w a 10"]);
    const other = await webhooks.next({ lanes: [], hosts: ["one.example"] });
    assert.deepEqual([other?.webhook.id, other?.delivery.transferId], ["w", "b"]);
    assert.equal(await webhooks.next({ lanes: [], hosts: ["one.example", "two.example:8443"] }), null);
  });

  test("tells of progress only when the progress before it is told", async ({ store, webhooks }) => {
    await webhooks.add(webhookRecord({ id: "w", events: ["PROGRESS"] }), 5);
    await webhooks.add(webhookRecord({ id: "quick" }), 5);
    await store.create(transferRecord({ id: "a" }), statusOnly("QUEUED"));
    for (let step = 1; step <= 3; step++) {
      await store.append("a", {
        from: TRANSFER_STATUSES,
        changes: { step },
        events: [stepEvent(step)],
        notice: { event: "PROGRESS", at: step },
      });
      for (
        let next = await webhooks.next(IDLE);
        next !== null;
        next = await webhooks.next({ lanes: [next.lane], hosts: [] })
      ) {
        if (next.webhook.id === "quick") await settle(webhooks, next, { kind: "DELIVERED" }, step);
      }
    }
    const steps = async (id: string) =>
      (await webhooks.deliveries(all(id))).map(({ delivery }) => delivery.notice.step);
    assert.deepEqual([await steps("w"), await steps("quick")], [[1], [3, 2, 1]]);
  });

  test("tells what became of a delivery", async ({ store, webhooks }) => {
    await webhooks.add(webhookRecord({ id: "w" }), 5);
    await store.create(transferRecord({ id: "a" }), statusOnly("QUEUED"));
    await tell(store, "a", "RUNNING", 3);
    const waiting = (await webhooks.next(IDLE))!;
    const { delivery } = waiting;
    const untried = { attempts: 0, deliveredAt: null, lastStatus: null, lastError: null, nextAttemptAt: 3 };
    assert.deepEqual(delivery, { ...delivery, ...untried, webhookId: "w", transferId: "a" });
    const retry = { kind: "RETRY", dueAt: 8, heldUntil: null } as const;
    await webhooks.record(delivery.id, { at: 4, status: 503, error: "status 503", outcome: retry });
    const tried = { ...delivery, attempts: 1, lastStatus: 503, lastError: "status 503", nextAttemptAt: 8 };
    assert.deepEqual(await webhooks.delivery(delivery.id), tried);
    await webhooks.record(delivery.id, { at: 9, status: 204, error: null, outcome: { kind: "DELIVERED" } });
    const delivered = { ...delivery, attempts: 2, lastStatus: 204, deliveredAt: 9, nextAttemptAt: null };
    assert.deepEqual(await webhooks.delivery(delivery.id), delivered);
    // It has been settled: a second answer changes nothing.
    await webhooks.record(delivery.id, { at: 9, status: 500, error: "status 500", outcome: retry });
    assert.deepEqual(await webhooks.delivery(delivery.id), delivered);
    assert.equal(await webhooks.delivery("nowhere"), null);
  });

  test("sends nothing to a webhook before its receiver wants it", async ({ store, webhooks }) => {
    await webhooks.add(webhookRecord({ id: "w" }), 5);
    for (const id of ["a", "b", "c"]) await store.create(transferRecord({ id }), statusOnly("QUEUED"));
    await tell(store, "a", "RUNNING", 1);
    await tell(store, "b", "RUNNING", 2);
    await settle(webhooks, (await webhooks.next(IDLE))!, { kind: "RETRY", dueAt: 60, heldUntil: 50 });
    await tell(store, "c", "RUNNING", 3);
    const due = async () => {
      const found: [string, number][] = [];
      const lanes: number[] = [];
      for (let next = await webhooks.next(IDLE); next !== null; next = await webhooks.next({ lanes, hosts: [] })) {
        found.push([next.delivery.transferId, next.dueAt]);
        lanes.push(next.lane);
      }
      return found;
    };
    assert.deepEqual(await due(), [["b", 50], ["c", 50], ["a", 60]]);
    await settle(webhooks, (await webhooks.next(IDLE))!, { kind: "DELIVERED" }, 51);
    await tell(store, "b", "SUCCEEDED", 52);
    assert.deepEqual(await due(), [["c", 50], ["b", 52], ["a", 60]]);
  });

  test("tells when it last said when something is due", async ({ store, webhooks }) => {
    assert.equal(await webhooks.latest(), 0);
    await webhooks.add(webhookRecord({ id: "w" }), 5);
    for (const id of ["a", "b"]) await store.create(transferRecord({ id }), statusOnly("QUEUED"));
    await tell(store, "a", "RUNNING", 3);
    await tell(store, "b", "RUNNING", 2);
    assert.equal(await webhooks.latest(), 3);
    await settle(webhooks, (await webhooks.next(IDLE))!, { kind: "RETRY", dueAt: 90, heldUntil: null }, 7);
    assert.equal(await webhooks.latest(), 7);
    await settle(webhooks, (await webhooks.next(IDLE))!, { kind: "DELIVERED" }, 8);
    assert.equal(await webhooks.latest(), 7);
    await settle(webhooks, (await webhooks.next(IDLE))!, { kind: "GIVEN_UP" }, 9);
    assert.equal(await webhooks.latest(), 0);
  });

  test("ends a webhook whose receiver is gone, and nobody else's", async ({ store, webhooks }) => {
    await webhooks.add(webhookRecord({ id: "v" }), 5);
    await webhooks.add(webhookRecord({ id: "w" }), 5);
    await store.create(transferRecord({ id: "a" }), statusOnly("QUEUED"));
    await tell(store, "a", "RUNNING", 1);
    await tell(store, "a", "SUCCEEDED", 2);
    await settle(webhooks, (await webhooks.next(IDLE))!, { kind: "GONE" });
    assert.equal((await webhooks.get("v"))!.disabled, true);
    assert.deepEqual(await summary(webhooks, "v"), ["SUCCEEDED 0 null null", "RUNNING 1 null null"]);
    await tell(store, "a", "FAILED", 3);
    assert.equal((await webhooks.deliveries(all("v"))).length, 2);
    assert.deepEqual(await summary(webhooks, "w"), ["FAILED 0 null 1", "SUCCEEDED 0 null 1", "RUNNING 0 null 1"]);
  });

  test("replays what was delivered or given up, before what waits", async ({ store, webhooks }) => {
    await webhooks.add(webhookRecord({ id: "w" }), 5);
    await store.create(transferRecord({ id: "a" }), statusOnly("QUEUED"));
    await tell(store, "a", "RUNNING", 1);
    const first = (await webhooks.next(IDLE))!;
    await settle(webhooks, first, { kind: "DELIVERED" }, 2);
    await tell(store, "a", "SUCCEEDED", 3);
    await settle(webhooks, (await webhooks.next(IDLE))!, { kind: "RETRY", dueAt: 500, heldUntil: null });
    const replayed = (await webhooks.replay(first.delivery.id, 4))!;
    assert.deepEqual(
      [replayed.id, replayed.attempts, replayed.deliveredAt, replayed.nextAttemptAt],
      [first.delivery.id, 1, null, 4],
    );
    const next = (await webhooks.next(IDLE))!;
    assert.deepEqual([next.delivery.id, next.tries, next.dueAt], [first.delivery.id, 0, 4]);
    await settle(webhooks, next, { kind: "DELIVERED" }, 5);
    assert.deepEqual(await summary(webhooks, "w"), ["SUCCEEDED 1 null 5", "RUNNING 2 5 null"]);
    assert.equal(await webhooks.replay("nowhere", 4), null);
  });

  test("an attempt that fails after an earlier one was replayed does not put that off", async ({ store, webhooks }) => {
    await webhooks.add(webhookRecord({ id: "w" }), 5);
    await store.create(transferRecord({ id: "a" }), statusOnly("QUEUED"));
    await tell(store, "a", "RUNNING", 1);
    const first = (await webhooks.next(IDLE))!;
    await settle(webhooks, first, { kind: "GIVEN_UP" }, 2);
    await tell(store, "a", "SUCCEEDED", 3);
    const underWay = (await webhooks.next(IDLE))!;
    await webhooks.replay(first.delivery.id, 4);
    await settle(webhooks, underWay, { kind: "RETRY", dueAt: 500, heldUntil: null });
    const next = (await webhooks.next(IDLE))!;
    assert.deepEqual([next.delivery.id, next.dueAt], [first.delivery.id, 3]);
  });

  test("lists deliveries newest first, page by page, and those that failed", async ({ store, webhooks }) => {
    await webhooks.add(webhookRecord({ id: "w" }), 5);
    await store.create(transferRecord({ id: "a" }), statusOnly("QUEUED"));
    for (const event of ["RUNNING", "SUCCEEDED", "RUNNING", "FAILED"] as const) await tell(store, "a", event, 1);
    for (const kind of ["DELIVERED", "GIVEN_UP", "RETRY"] as const) {
      await settle(webhooks, (await webhooks.next(IDLE))!, { kind, dueAt: 2, heldUntil: null }, 2);
    }
    const listed = await webhooks.deliveries(all("w"));
    const ordinals = listed.map(({ ordinal }) => ordinal);
    const found = async (query: Partial<DeliveryQuery>) =>
      (await webhooks.deliveries({ ...all("w"), ...query })).map(({ ordinal }) => ordinals.indexOf(ordinal));
    assert.deepEqual(await found({}), [0, 1, 2, 3]);
    assert.deepEqual(await found({ limit: 2 }), [0, 1]);
    assert.deepEqual(await found({ olderThan: ordinals[1]! }), [2, 3]);
    assert.deepEqual(await found({ newerThan: ordinals[2]! }), [0, 1]);
    assert.deepEqual(await found({ failed: true }), [1, 2]);
    assert.deepEqual(await webhooks.deliveries(all("nowhere")), []);
  });

  test("removes with a transfer all that is of it", async ({ store, webhooks }) => {
    await webhooks.add(webhookRecord({ id: "w" }), 5);
    for (const id of ["a", "b"]) {
      const own = webhookRecord({ id: `of-${id}`, transferId: id });
      await store.create(transferRecord({ id }), statusOnly("QUEUED"), own);
      await tell(store, id, "RUNNING");
    }
    await store.remove("a");
    assert.equal(await webhooks.get("of-a"), null);
    assert.equal(await webhooks.ofTransfer("a"), null);
    assert.deepEqual((await webhooks.deliveries(all("w"))).map(({ delivery }) => delivery.transferId), ["b"]);
    assert.equal((await webhooks.next(IDLE))!.delivery.transferId, "b");
  });

  test("removes with a webhook what it was to be told", async ({ store, webhooks }) => {
    await webhooks.add(webhookRecord({ id: "w" }), 5);
    await store.create(transferRecord({ id: "a" }), statusOnly("QUEUED"));
    await tell(store, "a", "RUNNING");
    const { delivery } = (await webhooks.next(IDLE))!;
    await webhooks.remove("w");
    assert.deepEqual([await webhooks.next(IDLE), await webhooks.delivery(delivery.id)], [null, null]);
    await webhooks.record(delivery.id, { at: 1, status: 200, error: null, outcome: { kind: "DELIVERED" } });
  });

  test("adds no webhook with a transfer that is there already", async ({ store, webhooks }) => {
    const record = transferRecord({ id: "a", idempotencyKey: "k" });
    await store.create(record, statusOnly("QUEUED"));
    const again = transferRecord({ id: "b", idempotencyKey: "k" });
    await store.create(again, statusOnly("QUEUED"), webhookRecord({ id: "w", transferId: "b" }));
    assert.equal(await webhooks.get("w"), null);
  });

  test("sweeps what is settled and old, and keeps the newest of a webhook only", async ({ store, webhooks }) => {
    await webhooks.add(webhookRecord({ id: "w" }), 5);
    for (const id of ["a", "b"]) await store.create(transferRecord({ id }), statusOnly("QUEUED"));
    await tell(store, "b", "RUNNING", 1_000_000);
    for (let at = 1; at <= keep + 10; at++) {
      await store.append("a", { from: TRANSFER_STATUSES, changes: {}, events: [], notice: { event: "PROGRESS", at } });
      const [newest] = await webhooks.deliveries({ ...all("w"), limit: 1 });
      await webhooks.record(newest!.delivery.id, { at, status: 200, error: null, outcome: { kind: "DELIVERED" } });
    }
    const kept = async () =>
      (await webhooks.deliveries({ ...all("w"), limit: 2 * keep })).map(({ delivery }) => delivery.notice.at);
    assert.equal((await kept()).length, keep + 1);
    assert.deepEqual([(await kept())[0], (await kept()).at(-1)], [keep + 10, 1_000_000]);
    await webhooks.sweep(keep + 8);
    assert.deepEqual(await kept(), [keep + 10, keep + 9, keep + 8, 1_000_000]);
    await webhooks.sweep(Infinity);
    assert.deepEqual(await kept(), [1_000_000]);
  });
}

function all(webhookId: string): DeliveryQuery {
  return { webhookId, failed: false, olderThan: null, newerThan: null, limit: 100 };
}

/** A change of a transfer with a notice of it. */
async function tell(store: TransferStore, id: string, event: NoticeEvent, at = 1): Promise<void> {
  assert.ok(NOTICE_EVENTS.includes(event));
  const status = event === "PROGRESS" ? "RUNNING" : event;
  const events = [statusOnly(status)];
  await store.append(id, { from: TRANSFER_STATUSES, changes: { status }, events, notice: { event, at } });
}

function settle(webhooks: WebhookStore, { delivery }: Waiting, outcome: Outcome, at = 1): Promise<void> {
  const attempt: Attempt = outcome.kind === "DELIVERED"
    ? { at, status: 200, error: null, outcome }
    : { at, status: null, error: "nothing", outcome };
  return webhooks.record(delivery.id, attempt);
}

/** Event, attempts, when it was delivered and when it is tried next, of all deliveries. */
async function summary(webhooks: WebhookStore, id: string): Promise<string[]> {
  return (await webhooks.deliveries(all(id))).map(({ delivery: { notice, attempts, deliveredAt, nextAttemptAt } }) =>
    `${notice.event} ${attempts} ${deliveredAt} ${nextAttemptAt}`
  );
}
