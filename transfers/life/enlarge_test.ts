import assert from "node:assert/strict";
import { resolveOptions } from "../../engine/options/resolve.ts";
import type { EnlargeRequest } from "../api.ts";
import { LOCAL_CALLER } from "../caller.ts";
import { sameForAll } from "../quotas.ts";
import { png, ServiceStage } from "../testing/service_stage.ts";

const TWICE: EnlargeRequest = { fit: { scale: 2 }, steps: null, idempotencyKey: null };

Deno.test("a finished painting goes on at twice the size, from itself, with its pictures and options", async () => {
  await using stage = await ServiceStage.open();
  const [mask, region] = await Promise.all([png(200), png(210)].map(async (bytes) => stage.upload(await bytes)));
  const styles = [{ imageId: stage.styleId, weight: 2, scale: 0.5, maskId: mask!, regionId: region! }];
  const { id } = await stage.start({ styles, contentMaskId: mask!, priority: 3, tvWeight: 4, webhook: null });
  const painting = await stage.ended(id);
  const { transfer, webhookSecret } = await stage.transfers.enlarge(id, TWICE);
  assert.equal(webhookSecret, null);
  assert.notEqual(transfer.id, id);
  const { styles: taken, contentId, contentMaskId, initImageId, priority, enlargedFromId, options } = transfer;
  assert.deepEqual([contentId, contentMaskId, initImageId], [stage.contentId, mask, painting.resultId]);
  assert.deepEqual([taken, priority, enlargedFromId], [painting.styles, 3, id]);
  const request = { ...stage.request({ tvWeight: 4 }), size: 64, init: { kind: "IMAGE" } } as const;
  assert.deepEqual(options, resolveOptions(request, { width: 8, height: 8 }, 0));
  const ended = await stage.ended(transfer.id);
  assert.equal(ended.status, "SUCCEEDED");
  const twice = await stage.transfers.enlarge(ended.id, TWICE);
  assert.deepEqual([twice.transfer.options.width, twice.transfer.enlargedFromId], [128, ended.id]);
});

Deno.test("only what has succeeded is enlarged", async () => {
  await using stage = await ServiceStage.open();
  stage.engine.hold();
  const { id } = await stage.start();
  const conflict = {
    code: "CONFLICT",
    message: /^Cannot enlarge the transfer: it is (QUEUED|RUNNING), wanted one that/,
  };
  await assert.rejects(stage.transfers.enlarge(id, TWICE), conflict);
  await stage.transfers.cancel(id);
  await assert.rejects(stage.transfers.enlarge(id, TWICE), { code: "CONFLICT", message: /it is CANCELLED/ });
  await assert.rejects(stage.transfers.enlarge("none", TWICE), { code: "NOT_FOUND" });
});

Deno.test("what is too large for the engine or beyond a quota is refused, and nothing is queued", async () => {
  // 16 bytes for each pixel: 48 by 48 and no more.
  await using stage = await ServiceStage.open({}, {
    engineMemoryBytes: 16 * 48 ** 2,
    quotas: sameForAll({ size: 40 }),
  });
  const { id } = await stage.ended((await stage.start()).id);
  const too = { code: "TOO_LARGE", message: /64×64 takes about .*: the largest size that fits is 48$/ };
  await assert.rejects(stage.transfers.enlarge(id, TWICE), too);
  const beyond = { ...TWICE, fit: { longest: 48 } };
  await assert.rejects(stage.transfers.enlarge(id, beyond), { code: "QUOTA_EXCEEDED" });
  assert.equal((await stage.transfers.list({})).totalCount, 1);
  await stage.transfers.enlarge(id, { ...TWICE, fit: { longest: 40 } });
});

Deno.test("the same idempotencyKey enlarges once; with another size it is a CONFLICT", async () => {
  await using stage = await ServiceStage.open();
  const { id } = await stage.ended((await stage.start()).id);
  const once = { ...TWICE, idempotencyKey: "once" };
  const ids = await Promise.all([1, 2, 3].map(async () => (await stage.transfers.enlarge(id, once)).transfer.id));
  assert.equal(new Set(ids).size, 1);
  const other = { ...once, fit: { scale: 3 } };
  await assert.rejects(stage.transfers.enlarge(id, other), { code: "CONFLICT", field: "idempotencyKey" });
});

Deno.test("a larger painting has all it needs when the one that it came from is deleted before it begins", async () => {
  await using stage = await ServiceStage.open();
  const { id } = await stage.ended((await stage.start()).id);
  stage.engine.hold();
  const { transfer } = await stage.transfers.enlarge(id, TWICE);
  await stage.transfers.remove(id);
  stage.engine.allow(Infinity);
  assert.equal((await stage.ended(transfer.id)).status, "SUCCEEDED");
});

Deno.test("a known idempotencyKey answers its larger painting when the one that it came from is gone", async () => {
  await using stage = await ServiceStage.open();
  const { id } = await stage.ended((await stage.start()).id);
  const once = { ...TWICE, idempotencyKey: "once" };
  const { transfer } = await stage.transfers.enlarge(id, once);
  await stage.transfers.remove(id);
  assert.equal((await stage.transfers.enlarge(id, once)).transfer.id, transfer.id);
  await assert.rejects(stage.transfers.enlarge(id, { ...once, steps: 7 }), { code: "CONFLICT" });
  await assert.rejects(stage.transfers.enlarge(id, { ...once, idempotencyKey: "other" }), { code: "NOT_FOUND" });
  const viewer = stage.service.as({ ...LOCAL_CALLER, role: "VIEWER" });
  await assert.rejects(viewer.enlarge(id, once), { code: "NOT_FOUND" });
});
