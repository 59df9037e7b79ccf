import assert from "node:assert/strict";
import { NO_NEEDS, statusOnly, stepEvent, transferRecord, WORKER } from "../../testing/records.ts";
import { TemporaryStorage } from "./testing/temporary_storage.ts";

const MEBIBYTE = 2 ** 20;

async function sizeOf(path: string): Promise<number> {
  return (await Deno.stat(path)).size;
}

Deno.test("the write-ahead log is moved into the database while commits follow each other, and stays small", async () => {
  await using temporary = await TemporaryStorage.open();
  const { store } = temporary.storage;
  const before = await sizeOf(temporary.path("gramcast.db"));
  await store.create(transferRecord({ id: "a" }), statusOnly("QUEUED"));
  let largest = 0;
  for (let step = 1; step <= 2000; step++) {
    await store.append("a", { from: ["QUEUED"], changes: { step }, events: [stepEvent(step)] });
    if (step % 50 === 0) largest = Math.max(largest, await sizeOf(temporary.path("gramcast.db-wal")));
  }
  assert.ok(largest < 8 * MEBIBYTE, `${largest} bytes`);
  // It has its content though it was not closed.
  assert.ok(await sizeOf(temporary.path("gramcast.db")) > before + 100_000);
  const losses = await store.lossHistory("a", 3000);
  assert.deepEqual(losses.map(({ step }) => step), Array.from({ length: 2000 }, (_, i) => i + 1));
  await temporary.reopen();
  assert.deepEqual(await temporary.storage.store.lossHistory("a", 3000), losses);
});

Deno.test("writes and reads of all kinds go on while the write-ahead log is moved", async () => {
  await using temporary = await TemporaryStorage.open();
  const { store, queue } = temporary.storage;
  await store.create(transferRecord({ id: "a" }), statusOnly("QUEUED"));
  const append = async () => {
    for (let step = 1; step <= 600; step++) {
      await store.append("a", { from: ["QUEUED"], changes: { step }, events: [stepEvent(step)] });
    }
  };
  const work = async (id: string) => {
    for (let i = 0; i < 100; i++) {
      await queue.reserve({ id, owner: "local", priority: 0, role: "USER", needs: NO_NEEDS }, null);
      await queue.confirm(id);
      assert.equal(await queue.position(id), 0);
      assert.equal((await queue.claim(WORKER))?.id, id);
      await queue.settle(id);
    }
  };
  await Promise.all([append(), work("b")]);
  assert.deepEqual([(await store.get("a"))?.sequence, await queue.waiting(9)], [601, []]);
});
