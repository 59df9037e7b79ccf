import assert from "node:assert/strict";
import { until } from "../../../tests/testing/in_time.ts";
import { type Log, SILENT_LOG } from "../../log.ts";
import { FakeClock } from "../../testing/fake_clock.ts";
import { imageRecord, statusOnly, transferRecord } from "../../testing/records.ts";
import { MemoryBlobs } from "../blobs/memory_blobs.ts";
import { ORPHAN_MILLISECONDS } from "../blobs/orphans.ts";
import { MemoryExclusion } from "../memory/memory_exclusion.ts";
import { sweepOrphans } from "./orphan_sweep.ts";
import { PostgresImageStore } from "./postgres_image_store.ts";
import { PostgresTransferStore } from "./postgres_transfer_store.ts";
import { postgresTest } from "./testing/postgres_suite.ts";

const test = postgresTest("orphans");

test("go from beside pictures, checkpoints and frames, every hour and by one server", async (temporary) => {
  const database = await temporary.open();
  const clock = new FakeClock();
  const blobs = new MemoryBlobs(clock);
  const images = new PostgresImageStore(database, blobs, SILENT_LOG);
  const store = new PostgresTransferStore(database, blobs);
  await images.put(imageRecord({ id: "i" }), new Uint8Array(1));
  await store.create(transferRecord({ id: "a" }), statusOnly("QUEUED"));
  await store.saveCheckpoint("a", 1, new Uint8Array(1));
  await store.saveFrame("a", { step: 1, width: 8, height: 8 }, new Uint8Array(1), true);
  const kept = await keysOf(blobs);
  assert.equal(kept.length, 3);
  const lose = () => Promise.all(["images/lost", "transfers/lost"].map((key) => blobs.put(key, new Uint8Array(2))));
  await lose();
  // Nobody knows whose.
  await blobs.put("elsewhere/a", new Uint8Array(1));
  clock.advance(ORPHAN_MILLISECONDS + 1);

  const said: string[] = [];
  const log: Log = { info: (line) => said.push(line), warn: (line) => said.push(line) };
  const ports = { database, blobs, exclusion: new MemoryExclusion(), clock, log };
  const sweeps = [sweepOrphans(ports), sweepOrphans(ports)];
  await until(() => clock.waiting === 1);
  assert.deepEqual(await keysOf(blobs), ["elsewhere/a", ...kept]);
  assert.deepEqual(said.splice(0), [
    "Removed 1 blobs under images/ that nothing pointed to: 2 bytes",
    "Removed 1 blobs under transfers/ that nothing pointed to: 2 bytes",
  ]);

  // What cannot be looked at now is looked at in an hour.
  await lose();
  const { list } = blobs;
  blobs.list = () => {
    throw new Error("away");
  };
  clock.advance(ORPHAN_MILLISECONDS + 1);
  await until(() => said.length === 1 && clock.waiting === 1);
  assert.deepEqual(said.splice(0), ["Cannot look for blobs that nothing points to now: away"]);
  blobs.list = list;
  clock.advance(ORPHAN_MILLISECONDS + 1);
  await until(() => said.length === 2 && clock.waiting === 1);
  assert.deepEqual(await keysOf(blobs), ["elsewhere/a", ...kept]);
  for (const sweep of sweeps) await sweep[Symbol.asyncDispose]();
  assert.equal(clock.waiting, 0);
});

async function keysOf(blobs: MemoryBlobs): Promise<string[]> {
  return (await Array.fromAsync(blobs.list(""))).map(({ key }) => key).sort();
}
