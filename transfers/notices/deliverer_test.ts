import assert from "node:assert/strict";
import { Webhook } from "standardwebhooks";
import { GramcastError } from "../../errors.ts";
import { SILENT_LOG } from "../log.ts";
import { MemoryExclusion } from "../storage/memory/memory_exclusion.ts";
import { MemoryTransferStore } from "../storage/memory/memory_transfer_store.ts";
import { MemoryWebhookStore } from "../storage/memory/memory_webhook_store.ts";
import type { WebhookStore } from "../storage/ports.ts";
import { FakeClock } from "../testing/fake_clock.ts";
import { FakeReceivers } from "../testing/fake_receivers.ts";
import { statusOnly, transferRecord, webhookRecord } from "../testing/records.ts";
import { type DeliveryRecord, type NoticeEvent, TRANSFER_STATUSES, type WebhookRecord } from "../types.ts";
import { AT_ONCE_TO_HOST, Deliverer } from "./deliverer.ts";
import { DELAYS } from "./retry_schedule.ts";
import { newSecret } from "./signature.ts";

/** A deliverer on stores in memory, with receivers that answer as a test says and a clock that it moves. */
class Stage {
  readonly webhooks = new MemoryWebhookStore();
  readonly store = new MemoryTransferStore({ webhooks: this.webhooks });
  readonly receivers = new FakeReceivers();
  readonly clock = new FakeClock();
  readonly #exclusion = new MemoryExclusion();
  #deliverer = this.#make();

  /** @param webhooks The store as the deliverer is to see it. */
  #make(webhooks: WebhookStore = this.webhooks): Deliverer {
    return new Deliverer({
      webhooks,
      exclusion: this.#exclusion,
      receivers: this.receivers,
      clock: this.clock,
      log: SILENT_LOG,
      patiently: (write) => write(),
      publicUrl: null,
      isShared: false,
      random: () => 0.5,
    });
  }

  static async open(...webhooks: Partial<WebhookRecord>[]): Promise<Stage> {
    const stage = new Stage();
    for (const webhook of webhooks) await stage.webhooks.add(webhookRecord(webhook), 100);
    stage.#deliverer.start();
    return stage;
  }

  /** Another deliverer, as after a restart. */
  async restart(webhooks?: WebhookStore): Promise<void> {
    await this.#deliverer.stop();
    this.#deliverer = this.#make(webhooks);
    this.#deliverer.start();
  }

  nudge(): void {
    this.#deliverer.nudge();
  }

  /** Has something happen to a transfer, which is made where it is not there. */
  async tell(id: string, ...events: NoticeEvent[]): Promise<void> {
    if (await this.store.get(id) === null) await this.store.create(transferRecord({ id }), statusOnly("QUEUED"));
    for (const event of events) {
      const notice = { event, at: this.clock.now() };
      await this.store.append(id, { from: TRANSFER_STATUSES, changes: {}, events: [], notice });
    }
    this.#deliverer.nudge();
  }

  /** Resolves when nothing is due and nothing is under way, with the deliveries of a webhook, oldest first. */
  async quiet(id = "w"): Promise<DeliveryRecord[]> {
    for (let calm = 0; calm < 5; calm++) await new Promise((resolve) => setTimeout(resolve));
    const query = { webhookId: id, failed: false, olderThan: null, newerThan: null, limit: 1000 };
    return (await this.webhooks.deliveries(query)).map(({ delivery }) => delivery).reverse();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#deliverer.stop();
  }
}

Deno.test("a delivery is signed, and the same at every attempt but for the time", async () => {
  const secret = newSecret();
  await using stage = await Stage.open({ id: "w", secret });
  stage.receivers.answer = () => ({ status: 500 });
  stage.clock.advance(Date.now() - stage.clock.now());
  await stage.tell("a", "RUNNING");
  await stage.receivers.arrived(1);
  await stage.quiet();
  stage.clock.advance(DELAYS[1]!);
  await stage.receivers.arrived(2);
  const [first, second] = stage.receivers.received;
  for (const { url, body, headers } of [first!, second!]) {
    assert.equal(url, webhookRecord().url);
    const told = new Webhook(secret).verify(body, { ...headers }) as { type: string; data: { id: string } };
    assert.deepEqual([told.type, told.data.id], ["transfer.running", "a"]);
  }
  assert.equal(second!.body, first!.body);
  assert.equal(second!.headers["webhook-id"], first!.headers["webhook-id"]);
  assert.equal(Number(second!.headers["webhook-timestamp"]) - Number(first!.headers["webhook-timestamp"]), 5);
});

Deno.test("only 2xx is a success; what fails is tried ten times by the schedule, and what comes after it then", async () => {
  await using stage = await Stage.open({ id: "w" });
  const statuses = [302, 400, 404, 429, 500, 503, null, 101, 199, 300];
  stage.receivers.answer = ({ body }) =>
    JSON.parse(body).type === "transfer.succeeded"
      ? { status: 299 }
      : { status: statuses.shift()!, failure: "nothing" };
  await stage.tell("a", "RUNNING", "SUCCEEDED");
  for (let i = 1; i < DELAYS.length; i++) {
    await stage.receivers.arrived(i);
    const [running] = await stage.quiet();
    assert.deepEqual([running!.attempts, running!.nextAttemptAt], [i, stage.clock.now() + DELAYS[i]!]);
    stage.clock.advance(DELAYS[i]! - 1);
    await stage.quiet();
    assert.equal(stage.receivers.received.length, i);
    stage.clock.advance(1);
  }
  await stage.receivers.arrived(DELAYS.length + 1);
  const [running, succeeded] = await stage.quiet();
  assert.deepEqual([running!.attempts, running!.deliveredAt, running!.nextAttemptAt], [10, null, null]);
  assert.deepEqual([running!.lastStatus, running!.lastError], [300, "nothing"]);
  assert.deepEqual([succeeded!.attempts, succeeded!.deliveredAt], [1, stage.clock.now()]);
});

Deno.test("what is told of a transfer arrives in order, whatever fails in between", async () => {
  await using stage = await Stage.open({ id: "w" });
  let count = 0;
  stage.receivers.answer = () => ({ status: ++count % 2 === 1 ? 503 : 200 });
  await stage.tell("a", "RUNNING", "PROGRESS", "SUCCEEDED");
  for (let i = 1; i < 6; i++) {
    await stage.receivers.arrived(i);
    await stage.quiet();
    stage.clock.advance(DELAYS[1]!);
  }
  await stage.receivers.arrived(6);
  assert.deepEqual(stage.receivers.types, [
    "transfer.running",
    "transfer.running",
    "transfer.progress",
    "transfer.progress",
    "transfer.succeeded",
    "transfer.succeeded",
  ]);
});

Deno.test("a receiver that does not answer holds up no other, and gets no more than its share at once", async () => {
  await using stage = await Stage.open(
    { id: "slow", url: "https://slow.example/" },
    { id: "w", url: "https://quick.example/" },
  );
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  let underWay = 0;
  stage.receivers.answer = async ({ url }) => {
    if (url !== "https://slow.example/") return {};
    assert.ok(++underWay <= AT_ONCE_TO_HOST);
    await released;
    underWay--;
    return {};
  };
  const ids = Array.from({ length: 2 * AT_ONCE_TO_HOST }, (_, i) => `t${i}`);
  for (const id of ids) await stage.tell(id, "RUNNING", "SUCCEEDED");
  await stage.receivers.arrived(2 * ids.length + AT_ONCE_TO_HOST);
  await stage.quiet();
  const arrived = (url: string) => stage.receivers.received.filter((request) => request.url === url).length;
  assert.equal(arrived("https://quick.example/"), 2 * ids.length);
  assert.equal(arrived("https://slow.example/"), AT_ONCE_TO_HOST);
  release();
  await stage.receivers.arrived(4 * ids.length);
  assert.ok((await stage.quiet("slow")).every(({ deliveredAt }) => deliveredAt !== null));
});

Deno.test("two deliveries of one transfer to one webhook are never under way together", async () => {
  await using stage = await Stage.open({ id: "w" });
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  stage.receivers.answer = async () => {
    await released;
    return {};
  };
  await stage.tell("a", "RUNNING", "SUCCEEDED");
  await stage.receivers.arrived(1);
  await stage.quiet();
  assert.deepEqual(stage.receivers.types, ["transfer.running"]);
  release();
  await stage.receivers.arrived(2);
});

Deno.test("410 ends a webhook: nothing more is sent to it", async () => {
  await using stage = await Stage.open({ id: "w" });
  stage.receivers.answer = () => ({ status: 410 });
  await stage.tell("a", "RUNNING", "SUCCEEDED");
  await stage.receivers.arrived(1);
  await stage.quiet();
  await stage.tell("b", "RUNNING");
  stage.clock.advance(DELAYS.at(-1)!);
  await stage.quiet();
  assert.equal(stage.receivers.received.length, 1);
  assert.equal((await stage.webhooks.get("w"))!.disabled, true);
});

Deno.test("Retry-After is kept, for all that the receiver is told, and shortens nothing", async () => {
  await using stage = await Stage.open({ id: "w" });
  stage.receivers.answer = () => ({ status: 429, retryAfter: "60" });
  await stage.tell("a", "RUNNING");
  await stage.receivers.arrived(1);
  await stage.quiet();
  stage.receivers.answer = () => ({ status: 503, retryAfter: "1" });
  await stage.tell("b", "RUNNING");
  stage.clock.advance(59_999);
  await stage.quiet();
  assert.equal(stage.receivers.received.length, 1);
  stage.clock.advance(1);
  await stage.receivers.arrived(3);
  const now = stage.clock.now();
  assert.deepEqual(
    (await stage.quiet()).map(({ nextAttemptAt }) => nextAttemptAt! - now),
    [DELAYS[2]!, DELAYS[1]!],
  );
});

Deno.test("what was under way when the server stopped is sent again at the next start", async () => {
  await using stage = await Stage.open({ id: "w" });
  stage.receivers.answer = (_request, signal) =>
    new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  await stage.tell("a", "RUNNING");
  await stage.receivers.arrived(1);
  stage.receivers.answer = () => ({});
  await stage.restart();
  await stage.receivers.arrived(2);
  const [running] = await stage.quiet();
  assert.deepEqual([running!.attempts, running!.deliveredAt], [1, stage.clock.now()]);
  const [first, second] = stage.receivers.received;
  assert.equal(second!.headers["webhook-id"], first!.headers["webhook-id"]);
});

Deno.test("a storage that cannot be read or written for a while delays deliveries and loses none", async () => {
  await using stage = await Stage.open({ id: "w" });
  const failures = { next: 2, record: 2 };
  const fails = (call: keyof typeof failures) => {
    if (failures[call]-- > 0) throw new GramcastError("STORAGE_FULL", "Cannot write");
  };
  const { webhooks } = stage;
  await stage.restart(
    new Proxy<WebhookStore>(webhooks, {
      get: (_target, name) => {
        const call = name as keyof WebhookStore;
        return (...args: unknown[]) => {
          if (call === "next" || call === "record") fails(call);
          return (webhooks[call] as (...args: unknown[]) => unknown)(...args);
        };
      },
    }),
  );
  await stage.tell("a", "RUNNING");
  for (let i = 0; i < 6; i++) {
    await stage.quiet();
    stage.clock.advance(1000);
  }
  const [running] = await stage.quiet();
  assert.deepEqual([running!.attempts, running!.deliveredAt === null], [1, false]);
  assert.deepEqual(stage.receivers.types, Array(3).fill("transfer.running"));
});

Deno.test("a clock that is set back delays nothing, and signatures have the time that it says", async () => {
  await using stage = await Stage.open({ id: "w" });
  stage.receivers.answer = () => ({ status: 500 });
  await stage.tell("a", "RUNNING");
  await stage.receivers.arrived(1);
  await stage.quiet();
  const [latest, setBack] = [stage.clock.now(), stage.clock.now() - 3_600_000];
  stage.clock.now = () => latest;
  stage.clock.wall = () => setBack;
  stage.clock.advance(DELAYS[1]!);
  await stage.receivers.arrived(2);
  assert.equal(stage.receivers.received[1]!.headers["webhook-timestamp"], String(Math.floor(setBack / 1000)));
});

Deno.test("a delivery that is replayed is sent at once, whatever became of it", async () => {
  await using stage = await Stage.open({ id: "w" });
  await stage.tell("a", "RUNNING");
  await stage.receivers.arrived(1);
  const [running] = await stage.quiet();
  await stage.webhooks.replay(running!.id, stage.clock.now());
  stage.nudge();
  await stage.receivers.arrived(2);
  assert.equal((await stage.quiet())[0]!.attempts, 2);
});

Deno.test("a webhook that is deleted while it is told something is no trouble", async () => {
  await using stage = await Stage.open({ id: "w" });
  stage.receivers.answer = async () => {
    await stage.webhooks.remove("w");
    return {};
  };
  await stage.tell("a", "RUNNING", "SUCCEEDED");
  await stage.receivers.arrived(1);
  assert.deepEqual(await stage.quiet(), []);
  assert.equal(stage.receivers.received.length, 1);
});
