import assert from "node:assert/strict";
import { MemoryImageStore } from "../storage/memory/memory_image_store.ts";
import { isError } from "../testing/errors.ts";
import type { FakeClock } from "../testing/fake_clock.ts";
import { png, ServiceStage } from "../testing/service_stage.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Which of these images are still there. */
async function there(stage: ServiceStage, ids: readonly string[]): Promise<string[]> {
  const found = await Promise.all(ids.map((id) => stage.transfers.images.get(id)));
  return ids.filter((_, i) => found[i] !== null);
}

async function allImages(stage: ServiceStage): Promise<number> {
  return (await stage.ports.images.all()).length;
}

Deno.test("an upload survives the transfers that used it; pictures that came with a transfer go with the last that uses them", async () => {
  await using stage = await ServiceStage.open();
  const before = await allImages(stage);
  const upload = await stage.upload(await png(100));
  assert.equal(await stage.upload(await png(100)), upload);
  let mask = "";
  const ids: string[] = [];
  for (const seed of [1, 2]) {
    await using intake = stage.transfers.images.intake();
    mask = (await intake.keep(await png(200))).id;
    ids.push((await stage.start({ seed, contentId: upload, contentMaskId: mask })).id);
  }
  const results = (await Promise.all(ids.map((id) => stage.ended(id)))).map(({ resultId }) => resultId!);
  await stage.transfers.remove(ids[0]!);
  assert.deepEqual(await there(stage, [upload, mask, ...results]), [upload, mask, results[1]]);
  await stage.transfers.remove(ids[1]!);
  assert.deepEqual(await there(stage, [upload, mask, ...results]), [upload]);
  assert.equal(await allImages(stage), before + 1);
});

Deno.test("nothing of a request that is refused stays", async () => {
  await using stage = await ServiceStage.open();
  const before = await allImages(stage);
  await assert.rejects(async () => {
    await using intake = stage.transfers.images.intake();
    const { id } = await intake.keep(await png(100));
    assert.equal(await allImages(stage), before + 1);
    await stage.start({ contentId: id, size: 512 });
  }, isError("TOO_LARGE"));
  assert.equal(await allImages(stage), before);
});

Deno.test("a picture that two requests bring stays until both are done, and what one of them keeps stays", async () => {
  await using stage = await ServiceStage.open();
  const first = stage.transfers.images.intake();
  const second = stage.transfers.images.intake();
  const { id } = await first.keep(await png(100));
  assert.equal((await second.keep(await png(100))).id, id);
  await first[Symbol.asyncDispose]();
  assert.deepEqual(await there(stage, [id]), [id]);
  await second.upload((await second.get(id))!);
  await second[Symbol.asyncDispose]();
  assert.deepEqual(await there(stage, [id]), [id]);
});

Deno.test("a request that brings a picture while it is being removed keeps it anew", async () => {
  class SlowStore extends MemoryImageStore {
    release = Promise.withResolvers<void>();
    removing = Promise.withResolvers<void>();
    override async remove(id: string): Promise<boolean> {
      this.removing.resolve();
      await this.release.promise;
      return await super.remove(id);
    }
  }
  const images = new SlowStore();
  await using stage = await ServiceStage.open({ images });
  const first = stage.transfers.images.intake();
  const { id } = await first.keep(await png(100));
  const removed = first[Symbol.asyncDispose]();
  await images.removing.promise;
  await using second = stage.transfers.images.intake();
  const found = second.get(id);
  const kept = second.keep(await png(100));
  images.release.resolve();
  await removed;
  assert.equal(await found, null);
  const { id: anew } = await kept;
  assert.notEqual(anew, id);
  assert.deepEqual(await there(stage, [id, anew]), [anew]);
});

Deno.test("what is past its retention goes by the hour, and the rest is spared", async () => {
  await using stage = await ServiceStage.open({}, { retention: { days: 1, bytes: 2 ** 30 } });
  const clock = stage.ports.clock as FakeClock;
  const unused = await stage.upload(await png(100));
  const { id: old, resultId } = await stage.ended((await stage.start()).id);
  stage.engine.hold();
  const { id: running } = await stage.start({ seed: 1 });
  await stage.engine.blocked();
  clock.advance(DAY / 2);
  const young = await stage.upload(await png(101));
  await stage.service.sweep();
  assert.deepEqual(await there(stage, [unused, young, resultId!]), [unused, young, resultId!]);
  // Nothing is asked of the server from here on: the clock alone brings the sweep.
  clock.advance(DAY / 2 + HOUR);
  while ((await there(stage, [resultId!])).length > 0) await new Promise((resolve) => setTimeout(resolve));
  assert.equal(await stage.transfers.get(old), null);
  assert.deepEqual(await there(stage, [unused, young, stage.contentId]), [young, stage.contentId]);
  stage.engine.allow(Infinity);
  assert.equal((await stage.ended(running)).status, "SUCCEEDED");
});

Deno.test("an upload that comes again is young again", async () => {
  await using stage = await ServiceStage.open({}, { retention: { days: 1, bytes: 2 ** 30 } });
  const clock = stage.ports.clock as FakeClock;
  const ids = [await stage.upload(await png(100)), await stage.upload(await png(101))];
  clock.advance(DAY - HOUR);
  await stage.upload(await png(100));
  clock.advance(DAY - HOUR);
  await stage.service.sweep();
  assert.deepEqual(await there(stage, ids), [ids[0]]);
});

Deno.test("a flood of uploads is refused before it takes more than its share, and costs nobody's results", async () => {
  const bytes = 40_000;
  await using stage = await ServiceStage.open({}, { retention: { days: 30, bytes } });
  const clock = stage.ports.clock as FakeClock;
  const { id, resultId } = await stage.ended((await stage.start()).id);
  // Ended long enough ago that it may go.
  clock.advance(2 * HOUR);
  const old: string[] = [];
  const flood = async (ids: string[], from: number) => {
    for (let shade = from; shade < from + 100; shade++) ids.push(await stage.upload(await noise(shade)));
  };
  await assert.rejects(flood(old, 0), isError("STORAGE_FULL", "RETENTION_BYTES (40000)"));
  assert.ok(old.length > 3, `${old.length} uploads`);
  // The first that are no longer recent make room for others.
  clock.advance(2 * HOUR);
  const young: string[] = [];
  await assert.rejects(flood(young, 100), isError("STORAGE_FULL"));
  assert.ok(young.length > 0.8 * old.length, `${young.length} and ${old.length} uploads`);
  assert.deepEqual(await there(stage, young), young);
  assert.deepEqual(await there(stage, old), []);
  assert.deepEqual(await there(stage, [resultId!]), [resultId]);
  assert.notEqual(await stage.transfers.get(id), null);
});

Deno.test("the oldest ended transfers go where all together takes too much", async () => {
  await using stage = await ServiceStage.open();
  const clock = stage.ports.clock as FakeClock;
  const ids: string[] = [];
  for (const seed of [1, 2, 3]) {
    ids.push((await stage.ended((await stage.start({ seed })).id)).id);
    clock.advance(2 * HOUR);
  }
  const footprints = await stage.ports.store.ended();
  const images = (await stage.ports.images.all()).reduce((sum, { byteLength }) => sum + byteLength, 0);
  const bytes = footprints.reduce((sum, each) => sum + each.bytes, images) - 1;
  await using next = await stage.reopen({ retention: { days: 30, bytes } });
  await next.service.sweep();
  const left = await Promise.all(ids.map((id) => next.transfers.get(id)));
  assert.deepEqual(left.map((record) => record !== null), [false, true, true]);
});

/** Some thousand bytes, other ones for each seed. */
function noise(seed: number): Promise<Uint8Array<ArrayBuffer>> {
  return png((i) => ((i + 1) * (seed + 7) * 2654435761) >>> 13, 24, 24);
}
