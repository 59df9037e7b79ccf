import assert from "node:assert/strict";
import { SILENT_LOG } from "../../log.ts";
import { NO_NEEDS, statusOnly, stepEvent, transferRecord, WORKER } from "../../testing/records.ts";
import { openSqliteStorage } from "./open.ts";
import { contents } from "./testing/contents.ts";
import { isError } from "../../testing/errors.ts";
import { TemporaryStorage } from "./testing/temporary_storage.ts";

const PAGE_BYTES = 4096;

/** A transfer with a log of several pages. */
async function fill({ storage: { store } }: TemporaryStorage): Promise<void> {
  await store.create(transferRecord({ id: "a" }), statusOnly("QUEUED"));
  const events = Array.from({ length: 500 }, (_, i) => stepEvent(i + 1));
  await store.append("a", { from: ["QUEUED"], changes: { status: "RUNNING" }, events });
}

/** Overwrites the last pages of a database: those that were added last, here of the log. */
async function damage(path: string): Promise<void> {
  using file = await Deno.open(path, { write: true });
  const { size } = await file.stat();
  await file.seek(size - 10 * PAGE_BYTES, Deno.SeekMode.Start);
  await file.write(new Uint8Array(10 * PAGE_BYTES).fill(0xa5));
}

Deno.test("a start with a damaged page says so and changes nothing", async () => {
  await using temporary = await TemporaryStorage.open();
  await fill(temporary);
  await temporary.close();
  await damage(temporary.path("gramcast.db"));
  const before = await contents(temporary.directory);
  await assert.rejects(
    openSqliteStorage(temporary.directory, SILENT_LOG),
    isError("STORAGE_UNREADABLE", "damaged", "restore"),
  );
  assert.deepEqual(await contents(temporary.directory), before);
});

Deno.test("a start with a damaged page changes nothing, also when a write-ahead log was left", async () => {
  await using killed = await TemporaryStorage.open();
  await fill(killed);
  await killed.reopen();
  await killed.storage.queue.reserve({ id: "a", owner: "local", priority: 0, role: "USER", needs: NO_NEEDS }, null);
  // As they are when a server is killed.
  const copy = killed.path("copy");
  await Deno.mkdir(copy);
  for (const name of ["gramcast.db", "gramcast.db-wal"]) await Deno.copyFile(killed.path(name), `${copy}/${name}`);
  await damage(`${copy}/gramcast.db`);
  const before = await contents(copy);
  assert.deepEqual(Object.keys(before).sort(), ["gramcast.db", "gramcast.db-wal"]);
  await assert.rejects(openSqliteStorage(copy, SILENT_LOG), isError("STORAGE_UNREADABLE", "damaged"));
  assert.deepEqual(await contents(copy), before);
});

Deno.test("a page that is damaged while the server runs ends all reading and writing", async () => {
  await using temporary = await TemporaryStorage.open();
  await fill(temporary);
  const { store, images, queue } = await temporary.reopen();
  await damage(temporary.path("gramcast.db"));
  const before = await contents(temporary.directory);
  const isDamaged = isError("STORAGE_UNREADABLE", "damaged");
  await assert.rejects(store.lossHistory("a", 400), isDamaged);
  await assert.rejects(store.append("a", { from: ["RUNNING"], changes: { step: 1 }, events: [] }), isDamaged);
  await assert.rejects(store.saveCheckpoint("a", 1, new Uint8Array(1)), isDamaged);
  await assert.rejects(images.all(), isDamaged);
  await assert.rejects(queue.claim(WORKER), isDamaged);
  await temporary.close();
  assert.deepEqual(await contents(temporary.directory), before);
  assert.deepEqual(await temporary.files(), []);
});
