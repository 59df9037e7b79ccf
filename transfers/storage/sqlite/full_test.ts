import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { SILENT_LOG } from "../../log.ts";
import { imageRecord, statusOnly, stepEvent, transferRecord, webhookRecord } from "../../testing/records.ts";
import { testWhere } from "../../../tests/testing/test_where.ts";
import { Database } from "./database.ts";
import { FileFolder } from "./file_folder.ts";
import { openSqliteStorage } from "./open.ts";
import { SqliteTransferStore } from "./sqlite_transfer_store.ts";
import { isError } from "../../testing/errors.ts";
import { NO_DISK, TemporaryDisk } from "./testing/temporary_disk.ts";
import { TemporaryStorage } from "./testing/temporary_storage.ts";

const MEBIBYTE = 2 ** 20;

/** Events of about 40 KB. */
function manyEvents(first: number) {
  return Array.from({ length: 300 }, (_, i) => stepEvent(first + i));
}

Deno.test("a database that may not grow changes nothing, and goes on once it may", async () => {
  const directory = await Deno.makeTempDir();
  const database = await Database.open(`${directory}/gramcast.db`, SILENT_LOG);
  try {
    const store = new SqliteTransferStore(database, new FileFolder(directory, database, SILENT_LOG));
    await store.create(transferRecord({ id: "a" }), statusOnly("QUEUED"));
    const before = await store.get("a");
    database.first("PRAGMA max_page_count = 1");
    const append = () => store.append("a", { from: ["QUEUED"], changes: { step: 300 }, events: manyEvents(1) });
    await assert.rejects(append(), isError("STORAGE_FULL", "no space left"));
    assert.deepEqual(await store.get("a"), before);
    assert.equal((await store.events("a", 0, 1000)).length, 1);
    database.first("PRAGMA max_page_count = 100000");
    assert.equal((await append())?.sequence, 301);
    assert.equal((await store.lossHistory("a", 1000)).length, 300);
  } finally {
    await database.close();
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("an event and what webhooks are to be told of it are written together, or neither is", async () => {
  await using temporary = await TemporaryStorage.open();
  const { store, webhooks } = temporary.storage;
  await webhooks.add(webhookRecord({ id: "w" }), 1);
  await store.create(transferRecord({ id: "a" }), statusOnly("QUEUED"));
  const before = await store.get("a");
  const told = async () =>
    (await webhooks.deliveries({ webhookId: "w", failed: false, olderThan: null, newerThan: null, limit: 9 })).length;
  const append = () =>
    store.append("a", {
      from: ["QUEUED"],
      changes: { status: "RUNNING" },
      events: [statusOnly("RUNNING")],
      notice: { event: "RUNNING", at: 1 },
    });
  using other = new DatabaseSync(temporary.path("gramcast.db"));
  other.exec("CREATE TRIGGER refused BEFORE INSERT ON lanes BEGIN SELECT RAISE(ABORT, 'refused'); END");
  await assert.rejects(append(), /refused/);
  assert.deepEqual([await store.get("a"), (await store.events("a", 0, 9)).length, await told()], [before, 1, 0]);
  other.exec("DROP TRIGGER refused");
  await append();
  assert.deepEqual([(await store.events("a", 0, 9)).length, await told()], [2, 1]);
});

testWhere(NO_DISK, "a full disk leaves nothing half-written, and a removal makes room", async () => {
  await using disk = await TemporaryDisk.mount(6 * MEBIBYTE);
  const { store, images, close } = await openSqliteStorage(disk.directory, SILENT_LOG);
  try {
    for (const id of ["a", "b"]) await store.create(transferRecord({ id }), statusOnly("QUEUED"));
    await store.saveCheckpoint("a", 1, new Uint8Array(2 * MEBIBYTE));
    const files = await disk.names("files");

    const isFull = isError("STORAGE_FULL", "no space left");
    await assert.rejects(store.saveCheckpoint("a", 2, new Uint8Array(4 * MEBIBYTE)), isFull);
    await assert.rejects(images.put(imageRecord({ byteLength: 4 * MEBIBYTE }), new Uint8Array(4 * MEBIBYTE)), isFull);
    assert.deepEqual([await store.checkpoints("a"), await images.all()], [[1], []]);
    assert.deepEqual(await disk.names("files"), files);

    await disk.fill();
    let steps = 0;
    const append = async () => {
      await store.append("b", { from: ["QUEUED"], changes: {}, events: manyEvents(steps + 1) });
      steps += 300;
    };
    await assert.rejects(async () => {
      for (;;) await append();
    }, isFull);
    assert.equal((await store.get("b"))?.sequence, 1 + steps);
    assert.equal((await store.lossHistory("b", 10_000)).length, steps);

    assert.equal(await store.remove("a"), true);
    assert.deepEqual(await disk.names("files"), []);
    await append();
    assert.equal((await store.get("b"))?.sequence, 1 + steps);
  } finally {
    await close();
  }
});

Deno.test("a write while another program holds the database says so, and works afterwards", async () => {
  await using temporary = await TemporaryStorage.open();
  const { store } = temporary.storage;
  await store.create(transferRecord({ id: "a" }), statusOnly("QUEUED"));
  const append = () => store.append("a", { from: ["QUEUED"], changes: { step: 1 }, events: [stepEvent(1)] });
  {
    using other = new DatabaseSync(temporary.path("gramcast.db"));
    other.exec("BEGIN IMMEDIATE");
    await assert.rejects(append(), isError("STORAGE_FULL", "locked by another program"));
  }
  assert.equal((await append())?.sequence, 2);
});

testWhere(NO_DISK, "a start on a full disk says so", async () => {
  await using disk = await TemporaryDisk.mount(MEBIBYTE);
  const { close } = await openSqliteStorage(disk.directory, SILENT_LOG);
  await close();
  await disk.fill();
  await assert.rejects(
    openSqliteStorage(disk.directory, SILENT_LOG),
    isError("STORAGE_UNAVAILABLE", "DATA_DIR", "no space left"),
  );
});

testWhere(NO_DISK, "a read-only directory is refused at the start", async () => {
  await using disk = await TemporaryDisk.mount(6 * MEBIBYTE);
  const { close } = await openSqliteStorage(disk.directory, SILENT_LOG);
  await close();
  await disk.makeReadOnly();
  await assert.rejects(
    openSqliteStorage(disk.directory, SILENT_LOG),
    isError("STORAGE_UNAVAILABLE", "DATA_DIR", "nothing that can be written"),
  );
});
