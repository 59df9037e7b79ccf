import assert from "node:assert/strict";
import { Webhook } from "standardwebhooks";
import { GramcastError } from "../../errors.ts";
import { MAX_WEBHOOKS } from "../../limits.ts";
import { LOCAL_CALLER } from "../caller.ts";
import { PROGRESS_MILLISECONDS } from "../notices/progress_pace.ts";
import { ROTATION_MILLISECONDS } from "../notices/signature.ts";
import { FakeClock } from "../testing/fake_clock.ts";
import type { Received } from "../testing/fake_receivers.ts";
import { ServiceStage } from "../testing/service_stage.ts";
import { NOTICE_EVENTS } from "../types.ts";

const URL = "https://receiver.example/hook";
const EVERYTHING = { url: URL, events: NOTICE_EVENTS };

function isError(code: string, field?: string): (error: unknown) => boolean {
  return (error) => error instanceof GramcastError && error.code === code && error.field === field;
}

function typeOf({ body }: { readonly body: string }): string {
  return JSON.parse(body).type;
}

Deno.test("a webhook is told of all of its owner's transfers, in order, and of nobody else's", async () => {
  await using stage = await ServiceStage.open();
  const { receivers } = stage.ports;
  await stage.transfers.webhooks.create(EVERYTHING);
  await stage.as("ann").webhooks.create({ ...EVERYTHING, url: "https://ann.example/" });
  const { id } = await stage.start();
  const { resultId } = await stage.ended(id);
  await receivers.arrived(3);
  assert.deepEqual(receivers.types, ["transfer.running", "transfer.progress", "transfer.succeeded"]);
  assert.ok(receivers.received.every(({ url }) => url === URL));
  const [running, progress, succeeded] = receivers.received.map(({ body }) => JSON.parse(body).data);
  assert.deepEqual(running, { id, status: "RUNNING", step: 0, steps: 20, losses: null });
  assert.deepEqual([progress.step, Object.keys(progress.losses)], [1, ["total", "content", "style", "tv"]]);
  assert.deepEqual([succeeded.status, succeeded.step, succeeded.resultUrl], ["SUCCEEDED", 20, `/images/${resultId}`]);
});

Deno.test("progress is told at the first step, and then when some time has gone by", async () => {
  await using stage = await ServiceStage.open();
  stage.engine.hold();
  await stage.transfers.webhooks.create({ url: URL, events: ["PROGRESS"] });
  const { id } = await stage.start();
  const { receivers, clock } = stage.ports;
  const steps = async (count: number) => {
    stage.engine.allow(count);
    await stage.engine.blocked();
  };
  await steps(3);
  await receivers.arrived(1);
  (clock as FakeClock).advance(PROGRESS_MILLISECONDS - 1);
  await steps(2);
  (clock as FakeClock).advance(1);
  await steps(2);
  await receivers.arrived(2);
  stage.engine.allow(Infinity);
  await stage.ended(id);
  assert.deepEqual(receivers.received.map(({ body }) => JSON.parse(body).data.step), [1, 6]);
});

Deno.test("a transfer's own webhook is told of that one alone, signed with the secret that its start gave", async () => {
  await using stage = await ServiceStage.open();
  stage.engine.hold();
  const { receivers } = stage.ports;
  const other = await stage.start();
  const request = stage.request({ webhook: { url: URL, events: ["CANCELLED"] }, idempotencyKey: "k" });
  const { transfer: { id }, webhookSecret } = await stage.transfers.start(request);
  const again = await stage.transfers.start(request);
  assert.deepEqual([again.transfer.id, again.webhookSecret], [id, null]);
  await assert.rejects(
    stage.transfers.start({ ...request, webhook: { url: URL, events: ["FAILED"] } }),
    isError("CONFLICT", "idempotencyKey"),
  );
  await stage.transfers.cancel(other.id);
  await stage.transfers.cancel(id);
  await receivers.arrived(1);
  const [{ body, headers }] = receivers.received as [Received];
  assert.deepEqual([typeOf({ body }), JSON.parse(body).data.id, receivers.received.length], [
    "transfer.cancelled",
    id,
    1,
  ]);
  const at = new Date(1000 * Number(headers["webhook-timestamp"]));
  assert.equal(headers["webhook-signature"], new Webhook(webhookSecret!).sign(headers["webhook-id"]!, at, body));
  assert.equal((await stage.transfers.webhooks.ofTransfer(id))!.url, URL);
  assert.equal((await stage.transfers.webhooks.list({})).totalCount, 0);
});

Deno.test("a transfer that fails or is resumed tells of it", async () => {
  await using stage = await ServiceStage.open();
  const { receivers } = stage.ports;
  stage.engine.mishaps = [{ beforeStep: 3, outcome: "failed", failure: { code: "LOSS_NOT_FINITE", message: "nan" } }];
  await stage.transfers.webhooks.create({ url: URL, events: ["RUNNING", "FAILED", "SUCCEEDED"] });
  const { id } = await stage.start();
  await stage.ended(id);
  await stage.transfers.resume(id, null);
  await stage.ended(id);
  await receivers.arrived(4);
  assert.deepEqual(receivers.received.map(typeOf), [
    "transfer.running",
    "transfer.failed",
    "transfer.running",
    "transfer.succeeded",
  ]);
  assert.deepEqual(JSON.parse(receivers.received[1]!.body).data.error, { code: "LOSS_NOT_FINITE", message: "nan" });
});

Deno.test("a webhook gets a new secret, and the one before signs too for a day", async () => {
  await using stage = await ServiceStage.open();
  const { receivers, clock } = stage.ports;
  const { webhook, secret } = await stage.transfers.webhooks.create({ url: URL, events: ["CANCELLED"] });
  stage.engine.hold();
  const signed = async (count: number) => {
    const { id } = await stage.start();
    await stage.transfers.cancel(id);
    await receivers.arrived(count);
    return receivers.received.at(-1)!.headers["webhook-signature"]!.split(" ");
  };
  assert.equal((await signed(1)).length, 1);
  const rotated = await stage.transfers.webhooks.rotate(webhook.id);
  assert.notEqual(rotated.secret, secret);
  assert.equal((await signed(2)).length, 2);
  (clock as FakeClock).advance(ROTATION_MILLISECONDS);
  assert.equal((await signed(3)).length, 1);
});

Deno.test("nothing of another owner's webhooks is seen or changed, and viewers see none", async () => {
  await using stage = await ServiceStage.open();
  stage.engine.hold();
  const { receivers } = stage.ports;
  const own = stage.transfers.webhooks;
  const { webhook: { id } } = await own.create({ url: URL, events: ["CANCELLED"] });
  const transfer = await stage.start({ webhook: EVERYTHING });
  await stage.transfers.cancel(transfer.id);
  await receivers.arrived(2);
  const delivery = (await own.deliveries(id, {})).edges[0]!.node;
  assert.deepEqual(await own.delivery(delivery.id), delivery);
  const viewer = stage.service.as({ ...LOCAL_CALLER, role: "VIEWER" }).webhooks;
  for (const [webhooks, code] of [[stage.as("bob").webhooks, "NOT_FOUND"], [viewer, "FORBIDDEN"]] as const) {
    assert.deepEqual(await Promise.all([webhooks.get(id), webhooks.delivery(delivery.id)]), [null, null]);
    assert.equal(await webhooks.ofTransfer(transfer.id), null);
    for (
      const call of [
        () => webhooks.rotate(id),
        () => webhooks.remove(id),
        () => webhooks.deliveries(id, {}),
        () => webhooks.replay(delivery.id),
      ]
    ) await assert.rejects(call, isError(code, code === "NOT_FOUND" ? "id" : undefined));
  }
  await assert.rejects(viewer.list({}), isError("FORBIDDEN"));
  await assert.rejects(viewer.create(EVERYTHING), isError("FORBIDDEN"));
  assert.equal((await stage.service.as({ ...LOCAL_CALLER, owner: "root" }).webhooks.get(id))!.id, id);
  await own.remove(id);
  assert.equal(await own.get(id), null);
});

Deno.test("a webhook that cannot be is refused with the field at fault, and there may be so many", async () => {
  await using stage = await ServiceStage.open();
  const { webhooks } = stage.transfers;
  const wrong = [
    ["url", { url: "http://127.0.0.1/", events: NOTICE_EVENTS }],
    ["url", { url: `https://example.org/${"a".repeat(2048)}`, events: NOTICE_EVENTS }],
    ["url", { url: "", events: NOTICE_EVENTS }],
    ["events", { url: URL, events: [] }],
  ] as const;
  for (const [field, request] of wrong) {
    await assert.rejects(webhooks.create(request), isError("BAD_USER_INPUT", field));
    await assert.rejects(stage.start({ webhook: request }), isError("BAD_USER_INPUT", `webhook.${field}`));
  }
  for (let i = 0; i < MAX_WEBHOOKS; i++) await webhooks.create({ url: URL, events: ["FAILED", "FAILED"] });
  await assert.rejects(webhooks.create(EVERYTHING), isError("CONFLICT"));
  const { edges: [first], totalCount } = await webhooks.list({ first: 1 });
  assert.deepEqual([first!.node.events, totalCount], [["FAILED"], MAX_WEBHOOKS]);
});

Deno.test("a delivery can be replayed, but not to a receiver that has ended its webhook", async () => {
  await using stage = await ServiceStage.open();
  stage.engine.hold();
  const { receivers } = stage.ports;
  const { webhooks } = stage.transfers;
  const { webhook: { id } } = await webhooks.create({ url: URL, events: ["CANCELLED"] });
  await stage.transfers.cancel((await stage.start()).id);
  await receivers.arrived(1);
  const { node: { id: delivery } } = (await webhooks.deliveries(id, {})).edges[0]!;
  receivers.answer = () => ({ status: 410 });
  await webhooks.replay(delivery);
  await receivers.arrived(2);
  while (!(await webhooks.get(id))!.disabled) await new Promise((resolve) => setTimeout(resolve));
  await assert.rejects(webhooks.replay(delivery), isError("CONFLICT"));
  await assert.rejects(webhooks.replay("nowhere"), isError("NOT_FOUND", "id"));
});

Deno.test("deliveries go with their transfer, and after the days of retention", async () => {
  await using stage = await ServiceStage.open({}, { retention: { days: 2, bytes: 2 ** 30 } });
  stage.engine.hold();
  const { receivers, clock } = stage.ports;
  const { webhooks } = stage.transfers;
  const { webhook: { id } } = await webhooks.create({ url: URL, events: ["RUNNING"] });
  const left = async () => (await webhooks.deliveries(id, {})).edges.map(({ node }) => node.transferId);
  const first = await stage.start({ webhook: EVERYTHING });
  const own = (await webhooks.ofTransfer(first.id))!;
  stage.engine.allow(20);
  await stage.ended(first.id);
  const second = await stage.start();
  await receivers.arrived(5);
  assert.deepEqual(await left(), [second.id, first.id]);
  await stage.transfers.remove(first.id);
  assert.deepEqual([await left(), await webhooks.get(own.id)], [[second.id], null]);
  while ((await webhooks.deliveries(id, {})).edges[0]!.node.deliveredAt === null) {
    await new Promise((resolve) => setTimeout(resolve));
  }
  (clock as FakeClock).advance(2 * 24 * 3_600_000 + 1);
  await stage.service.sweep();
  assert.deepEqual(await left(), []);
  assert.equal((await stage.transfers.get(second.id))!.status, "RUNNING");
});
