import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { SILENT_LOG } from "../../log.ts";
import { imageRecord, NO_NEEDS, statusOnly, stepEvent, transferRecord, WORKER } from "../../testing/records.ts";
import { openSqliteStorage } from "./open.ts";
import { contents } from "./testing/contents.ts";
import { isError } from "../../testing/errors.ts";
import { TemporaryStorage } from "./testing/temporary_storage.ts";

/** A transfer with one of everything. */
async function fill({ storage: { store, images, queue } }: TemporaryStorage): Promise<void> {
  await store.create(transferRecord({ id: "a", idempotencyKey: "k" }), statusOnly("QUEUED"));
  await store.append("a", { from: ["QUEUED"], changes: { status: "RUNNING" }, events: [statusOnly("RUNNING")] });
  await store.append("a", { from: ["RUNNING"], changes: { step: 1 }, events: [stepEvent(1)] });
  await store.saveCheckpoint("a", 1, new Uint8Array([1, 2, 3]));
  await store.saveFrame("a", { step: 1, width: 1, height: 1 }, new Uint8Array([4]), true);
  await images.put(imageRecord({ uploadedAt: 2 }), new Uint8Array([5, 6, 7]));
  for (const id of ["a", "b", "c"]) {
    await queue.reserve({ id, owner: "local", priority: 0, role: "USER", needs: NO_NEEDS }, null);
    await queue.confirm(id);
  }
  await queue.claim(WORKER);
}

async function snapshot({ storage: { store, images, queue } }: TemporaryStorage) {
  const images_ = await images.all();
  return {
    record: await store.get("a"),
    events: await store.events("a", 0, 10),
    losses: await store.lossHistory("a", 10),
    checkpoint: [...await store.readCheckpoint("a", 1)],
    frames: await store.frames("a"),
    frame: [...(await store.readFrame("a", 1))!],
    images: images_,
    bytes: await Promise.all(images_.map(async (image) => [...await images.read(image)])),
    waiting: await queue.waiting(9),
    claimed: (await queue.claimed("w")).map(({ id }) => id),
  };
}

/** Opens, as a second server or a restart would. */
function opening(directory: string): () => Promise<unknown> {
  return () => openSqliteStorage(directory, SILENT_LOG);
}

Deno.test("everything is there after a restart", async () => {
  await using temporary = await TemporaryStorage.open();
  await fill(temporary);
  const before = await snapshot(temporary);
  await temporary.reopen();
  assert.deepEqual(await snapshot(temporary), before);
  assert.deepEqual([before.waiting, before.claimed, before.events.length], [["b", "c"], ["a"], 3]);
});

Deno.test("a start removes what a stop left in the middle of a write, and nothing else", async () => {
  await using temporary = await TemporaryStorage.open();
  await fill(temporary);
  const files = await temporary.files();
  assert.equal(files.length, 3);
  await temporary.close();
  await Deno.writeTextFile(temporary.path("files/half.tmp"), "half a checkpoint");
  await Deno.writeTextFile(temporary.path("files/nobodys"), "a frame that no row points to");
  await temporary.reopen();
  assert.deepEqual(await temporary.files(), files);
});

Deno.test("nothing of a removed transfer stays, in files or rows", async () => {
  await using temporary = await TemporaryStorage.open();
  await fill(temporary);
  await temporary.storage.store.remove("a");
  await temporary.storage.images.remove("i");
  assert.deepEqual(await temporary.files(), []);
  await temporary.close();
  using database = new DatabaseSync(temporary.path("gramcast.db"));
  for (const table of ["transfers", "events", "removed", "checkpoints", "frames", "image_uses", "images", "blobs"]) {
    assert.deepEqual(database.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.["n"], 0, table);
  }
});

Deno.test("a long log is removed in full, also when a stop came before", async () => {
  await using temporary = await TemporaryStorage.open();
  await fill(temporary);
  const events = Array.from({ length: 2500 }, (_, i) => stepEvent(i + 2));
  await temporary.storage.store.append("a", { from: ["RUNNING"], changes: {}, events });
  assert.equal((await temporary.storage.store.lossHistory("a", 3000)).length, 2501);
  await temporary.close();
  {
    using database = new DatabaseSync(temporary.path("gramcast.db"));
    database.exec("INSERT INTO removed SELECT ordinal FROM transfers; DELETE FROM transfers");
  }
  await temporary.reopen();
  await temporary.close();
  using database = new DatabaseSync(temporary.path("gramcast.db"));
  assert.deepEqual(database.prepare("SELECT count(*) AS n FROM events").get()?.["n"], 0);
});

Deno.test("a checkpoint that is missing or cut off says so, and the one before is there", async () => {
  await using temporary = await TemporaryStorage.open();
  const { store } = temporary.storage;
  await store.create(transferRecord({ id: "a" }), statusOnly("QUEUED"));
  await store.saveCheckpoint("a", 1, new Uint8Array([1]));
  const [before] = await temporary.files();
  await store.saveCheckpoint("a", 2, new Uint8Array([1, 2, 3]));
  const newest = (await temporary.files()).find((name) => name !== before)!;
  await Deno.truncate(temporary.path(`files/${newest}`), 2);
  await assert.rejects(store.readCheckpoint("a", 2), isError("CHECKPOINT_UNREADABLE", "step 2"));
  await Deno.remove(temporary.path(`files/${newest}`));
  await assert.rejects(store.readCheckpoint("a", 2), isError("CHECKPOINT_UNREADABLE", "step 2"));
  assert.deepEqual([...await store.readCheckpoint("a", 1)], [1]);
});

Deno.test("the same bytes are kept in one file, whoever has them", async () => {
  await using temporary = await TemporaryStorage.open();
  const { images } = temporary.storage;
  await Promise.all(
    ["ann", "bob", "cyd"].map((owner) =>
      images.put(imageRecord({ id: owner, owner, uploadedAt: 2 }), new Uint8Array(3))
    ),
  );
  assert.equal((await temporary.files()).length, 1);
});

Deno.test("a second server on the same directory is refused, and let in once the first is gone", async () => {
  await using temporary = await TemporaryStorage.open();
  await assert.rejects(opening(temporary.directory), isError("STORAGE_UNAVAILABLE", "another server"));
  await fill(temporary);
  await temporary.reopen();
});

Deno.test("a server that was killed leaves no lock and no damage", async () => {
  await using temporary = await TemporaryStorage.open();
  await fill(temporary);
  await temporary.close();
  const script = `
    import { openSqliteStorage } from ${JSON.stringify(import.meta.resolve("./open.ts"))};
    const storage = await openSqliteStorage(Deno.args[0], { info() {}, warn() {} });
    await storage.queue.settle("b");
    Deno.kill(Deno.pid, "SIGKILL");`;
  await Deno.writeTextFile(temporary.path("killed.ts"), script);
  const { signal } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", temporary.path("killed.ts"), temporary.directory],
    stderr: "inherit",
  }).output();
  assert.equal(signal, "SIGKILL");
  const { queue, store } = await temporary.reopen();
  assert.deepEqual(await queue.waiting(9), ["c"]);
  assert.equal((await store.events("a", 0, 10)).length, 3);
});

Deno.test("a database of a newer version is refused and left as it is", async () => {
  await using temporary = await TemporaryStorage.open();
  await temporary.close();
  {
    using database = new DatabaseSync(temporary.path("gramcast.db"));
    database.exec("PRAGMA user_version = 99");
  }
  const before = await contents(temporary.directory);
  await assert.rejects(opening(temporary.directory), isError("STORAGE_UNREADABLE", "version 99", "newer"));
  assert.deepEqual(await contents(temporary.directory), before);
});

Deno.test("what is not a database, or another program's, is refused and left as it is", async (t) => {
  const write: Record<string, (path: string) => void> = {
    "text": (path) => Deno.writeTextFileSync(path, "not a database\n".repeat(1000)),
    "another program's tables": (path) => {
      using database = new DatabaseSync(path);
      database.exec("CREATE TABLE notes (text)");
    },
    "another program's version": (path) => {
      using database = new DatabaseSync(path);
      database.exec("CREATE TABLE notes (text); PRAGMA user_version = 1");
    },
  };
  for (const [name, put] of Object.entries(write)) {
    await t.step(name, async () => {
      await using temporary = await TemporaryStorage.open();
      await temporary.close();
      await Deno.remove(temporary.path("gramcast.db"));
      put(temporary.path("gramcast.db"));
      const before = await contents(temporary.directory);
      await assert.rejects(opening(temporary.directory), isError("STORAGE_UNREADABLE", "gramcast.db"));
      assert.deepEqual(await contents(temporary.directory), before);
    });
  }
});

Deno.test("files without their database are not taken for leftovers", async () => {
  await using temporary = await TemporaryStorage.open();
  await fill(temporary);
  const files = await temporary.files();
  await temporary.close();
  await Deno.remove(temporary.path("gramcast.db"));
  await assert.rejects(opening(temporary.directory), isError("STORAGE_UNREADABLE", "no gramcast.db"));
  assert.deepEqual(await temporary.files(), files);
});

Deno.test("a data directory that is a file is refused", async () => {
  await using temporary = await TemporaryStorage.open();
  await Deno.writeTextFile(temporary.path("file"), "");
  await assert.rejects(opening(temporary.path("file")), isError("STORAGE_UNAVAILABLE", "DATA_DIR"));
});
