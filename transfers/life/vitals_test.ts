import assert from "node:assert/strict";
import { GramcastError } from "../../errors.ts";
import { MemoryTransferStore } from "../storage/memory/memory_transfer_store.ts";
import type { Append } from "../storage/ports.ts";
import { FakeClock } from "../testing/fake_clock.ts";
import { ServiceStage } from "../testing/service_stage.ts";

/** A store on a disk that can be filled up. */
class FullStore extends MemoryTransferStore {
  full = false;

  override append(id: string, append: Append) {
    if (this.full) return Promise.reject(new GramcastError("STORAGE_FULL", "Cannot write: no space left"));
    return super.append(id, append);
  }
}

Deno.test("TransferService.vitals() counts what waits, runs and is watched", async () => {
  await using stage = await ServiceStage.open();
  const { service, engine } = stage;
  assert.deepEqual(await service.vitals(), {
    waiting: 0,
    running: 0,
    watchers: 0,
    engines: 1,
    storageWritable: true,
  });
  engine.hold();
  const first = await stage.start();
  const second = await stage.start({ steps: 3 });
  const third = await stage.start({ steps: 4 });
  engine.allow(7);
  await engine.blocked();
  const watched = await stage.transfers.progress(third.id, {});
  const { waiting, running, watchers } = await service.vitals();
  assert.deepEqual({ waiting, running, watchers }, { waiting: 2, running: 1, watchers: 1 });
  await watched.return!();
  await stage.transfers.cancel(second.id);
  engine.allow(Infinity);
  for (const { id } of [first, third]) await stage.ended(id);
  const after = await service.vitals();
  assert.deepEqual([after.waiting, after.watchers], [0, 0]);
});

Deno.test("TransferService.vitals() tells of a full storage until it can be written again", async () => {
  const store = new FullStore();
  const clock = new FakeClock();
  await using stage = await ServiceStage.open({ store, clock });
  stage.engine.hold();
  const { id } = await stage.start();
  stage.engine.allow(1);
  await stage.engine.blocked();
  store.full = true;
  stage.engine.allow(1);
  while (!clock.asked.includes(1000)) await new Promise((resolve) => setTimeout(resolve));
  assert.equal((await stage.service.vitals()).storageWritable, false);
  store.full = false;
  clock.advance(1000);
  stage.engine.allow(Infinity);
  await stage.ended(id);
  assert.equal((await stage.service.vitals()).storageWritable, true);
});
