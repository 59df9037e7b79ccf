import assert from "node:assert/strict";
import { MemoryTransferStore } from "../storage/memory/memory_transfer_store.ts";
import type { FakeClock } from "../testing/fake_clock.ts";
import { ServiceStage } from "../testing/service_stage.ts";
import type { TransferRecord } from "../types.ts";
import { sameForAll } from "../quotas.ts";
import { MOST_LOOKED_AT } from "./queue_forecast.ts";

class CountingStore extends MemoryTransferStore {
  reads = 0;
  override get(id: string): Promise<TransferRecord | null> {
    this.reads++;
    return super.get(id);
  }
}

Deno.test("one look at the queue answers all who ask how long they wait, until it is a second old", async () => {
  const store = new CountingStore();
  const settings = { maxQueued: 100, quotas: sameForAll({}) };
  await using stage = await ServiceStage.open({ store }, settings);
  await stage.ended((await stage.start()).id);
  stage.engine.hold();
  await stage.start();
  await stage.engine.blocked();
  const waiting: TransferRecord[] = [];
  for (let i = 0; i < 40; i++) waiting.push(await stage.start());
  const ask = () => Promise.all([...waiting, ...waiting].map((record) => stage.transfers.etaSeconds(record)));
  store.reads = 0;
  // 20 steps of half a second each; one transfer runs.
  const expected = waiting.map((_, i) => 10 * (i + 2));
  assert.deepEqual(await ask(), [...expected, ...expected]);
  assert.equal(store.reads, 41);
  // The newest of all has come since: all that there is is ahead of it.
  assert.equal(await stage.transfers.etaSeconds(await stage.start()), 10 * 42);
  await stage.transfers.cancel(waiting[0]!.id);
  (stage.ports.clock as FakeClock).advance(1000);
  waiting.shift();
  assert.deepEqual((await ask()).slice(0, 39), expected.slice(0, 39));
});

Deno.test("a look at a long queue reads those that come next, and takes the others to be like them", async () => {
  const store = new CountingStore();
  await using stage = await ServiceStage.open({ store }, { maxQueued: 1000, quotas: sameForAll({}) });
  await stage.ended((await stage.start()).id);
  stage.engine.hold();
  await stage.start();
  await stage.engine.blocked();
  const waiting: TransferRecord[] = [];
  for (let i = 0; i < MOST_LOOKED_AT + 50; i++) waiting.push(await stage.start());
  store.reads = 0;
  for (const place of [0, MOST_LOOKED_AT - 1, MOST_LOOKED_AT, MOST_LOOKED_AT + 49]) {
    assert.equal(await stage.transfers.etaSeconds(waiting[place]!), 10 * (place + 2));
  }
  assert.equal(store.reads, 1 + MOST_LOOKED_AT);
});
