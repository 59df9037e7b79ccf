import assert from "node:assert/strict";
import { SILENT_LOG } from "../../log.ts";
import { isError } from "../../testing/errors.ts";
import { imageRecord } from "../../testing/records.ts";
import type { ImageRecord } from "../../types.ts";
import { MemoryBlobs } from "../blobs/memory_blobs.ts";
import type { BlobStore, LinkOptions } from "../blobs/ports.ts";
import { testImageStore, testSharedImageStore } from "../conformance/image_store.ts";
import type { Database } from "./database.ts";
import { useImages } from "./image_uses.ts";
import { IMAGE_BLOBS, PostgresImageStore } from "./postgres_image_store.ts";
import { lockWaits } from "./testing/lock_waits.ts";
import { POSTGRES } from "./testing/postgres_server.ts";
import { postgresTest } from "./testing/postgres_suite.ts";
import { TemporaryDatabase } from "./testing/temporary_database.ts";

if (POSTGRES !== null) {
  testImageStore("PostgresImageStore", async () => {
    const temporary = await TemporaryDatabase.make();
    const images = new PostgresImageStore(await temporary.open(), new MemoryBlobs(), SILENT_LOG);
    return { images, close: () => temporary[Symbol.asyncDispose]() };
  });
}

if (POSTGRES !== null) {
  testSharedImageStore("PostgresImageStore", async () => {
    const temporary = await TemporaryDatabase.make();
    const { a: images, b: other, database } = await servers(temporary);
    const sql = "UPDATE image_holds SET until = until - $1 * interval '1 millisecond'";
    const later = async (milliseconds: number) => void await database.run(sql, milliseconds);
    return { images, other, later, close: () => temporary[Symbol.asyncDispose]() };
  });
}

const test = postgresTest("two servers with one image store");
const BYTES = new Uint8Array([1, 2, 3]);

test("keep one blob of a picture that both are given at once", async (temporary) => {
  const { promise: bothThere, resolve } = Promise.withResolvers<void>();
  let there = 0;
  const blobs = changed(new MemoryBlobs(), {
    put: async (put, key, bytes) => {
      await put(key, bytes);
      if (++there === 3) resolve();
      await bothThere;
    },
  });
  const { a, b } = await servers(temporary, blobs);
  const put = await Promise.all([
    a.put(image("a", "ann"), BYTES),
    b.put(image("b", "bob"), BYTES),
    b.put(image("c", "ann"), BYTES),
  ]);
  assert.equal(put[0].id, put[2].id);
  assert.equal((await a.all()).length, 2);
  assert.equal((await keys(blobs)).length, 1);
  for (const record of put) assert.deepEqual(await a.read(record), BYTES);
});

test("lose no bytes when one puts a picture whose last blob the other is removing", async (temporary) => {
  const store = new MemoryBlobs();
  const again: Promise<ImageRecord>[] = [];
  const blobs = changed(store, {
    remove: async (remove, key) => {
      again.push(b.put(image("b", "bob"), BYTES));
      await again[0];
      await remove(key);
    },
  });
  const { a, b } = await servers(temporary, store, blobs);
  await a.put(image("a", "ann"), BYTES);
  assert.equal(await a.remove("a"), true);
  assert.deepEqual(await a.read(await again[0]!), BYTES);
  assert.equal((await keys(store)).length, 1);
});

test("read a picture that is removed and put anew meanwhile", async (temporary) => {
  const store = new MemoryBlobs();
  const blobs = changed(store, {
    get: async (get, key) => {
      if (await b.remove("a")) await b.put(image("b", "ann"), BYTES);
      return await get(key);
    },
  });
  const { a, b } = await servers(temporary, store, blobs);
  const record = await b.put(image("a", "ann"), BYTES);
  assert.deepEqual(await a.read(record), BYTES);
});

test("know a link to what is in the blobs, where those have any", async (temporary) => {
  const store = new MemoryBlobs();
  const { a } = await servers(temporary, store);
  const record = await a.put(image("a"), BYTES);
  assert.equal(await a.link(record, 60), null);
  Object.assign(store, {
    presign: (key: string, options: LinkOptions) => Promise.resolve(JSON.stringify([key, options])),
  });
  const shown = { seconds: 60, contentType: record.mimeType, fileName: null };
  assert.deepEqual(JSON.parse((await a.link(record, 60))!), [...await keys(store), shown]);
  await a.remove("a");
  await assert.rejects(a.link(record, 60), isError("NOT_FOUND"));
});

test("do not remove what the other is coming to hold, and hold nothing that is being removed", async (temporary) => {
  const { a, b, database } = await servers(temporary);
  await a.put(image("a"), BYTES);
  const hold =
    "INSERT INTO image_holds SELECT 'x', id, clock_timestamp() + interval '1 hour' FROM images FOR KEY SHARE";
  assert.equal(await meanwhile(database, () => a.remove("a"), (queries) => queries.run(hold)), false);
  await b.letGo("x");
  const remove = "DELETE FROM images";
  assert.equal(await meanwhile(database, () => b.hold("a", "y"), (queries) => queries.run(remove)), null);
  assert.deepEqual(await database.all("SELECT 1 FROM image_holds"), []);
});

test("forget what holders have left that stopped", async (temporary) => {
  const { a, b, database } = await servers(temporary);
  await a.put(image("a"), BYTES);
  await a.hold("a", "stopped");
  await database.run("UPDATE image_holds SET until = clock_timestamp() - interval '1 second'");
  await b.letGo("other");
  assert.deepEqual(await database.all("SELECT 1 FROM image_holds"), []);
});

test("do not remove what a transfer comes to use through the other", async (temporary) => {
  const { a, database } = await servers(temporary);
  const record = await a.put(image("a"), BYTES);
  const transfer = await addTransfer(database);
  const removed = await meanwhile(
    database,
    () => a.remove("a"),
    (queries) => useImages(queries, transfer, ["a", "sample-fire", "a"]),
  );
  assert.equal(removed, false);
  assert.deepEqual(await a.read(record), BYTES);
  await database.run("DELETE FROM transfers");
  assert.equal(await a.remove("a"), true);
});

test("remove the bytes with the last picture when both remove one at once", async (temporary) => {
  const blobs = new MemoryBlobs();
  const { a, b } = await servers(temporary, blobs);
  for (let round = 0; round < 5; round++) {
    const record = await a.put(image("a", "ann"), BYTES);
    await b.put(image("b", "bob"), BYTES);
    assert.deepEqual(await Promise.all([a.remove("a"), b.remove("b")]), [true, true]);
    assert.deepEqual(await keys(blobs), []);
    await assert.rejects(a.read(record), isError("NOT_FOUND"));
  }
});

async function servers(temporary: TemporaryDatabase, blobs: BlobStore = new MemoryBlobs(), blobsOfA = blobs) {
  const [database, other] = await Promise.all([temporary.open(), temporary.open()]);
  return {
    database,
    a: new PostgresImageStore(database, blobsOfA, SILENT_LOG),
    b: new PostgresImageStore(other, blobs, SILENT_LOG),
  };
}

/** What a call answers that comes while a transaction is under way, and waits for it. */
async function meanwhile<T>(
  database: Database,
  call: () => Promise<T>,
  body: Parameters<Database["transaction"]>[0],
): Promise<T> {
  let called: Promise<T>;
  await database.transaction(async (queries) => {
    await body(queries);
    called = call();
    await lockWaits(database, called);
  });
  return await called!;
}

type Methods = Pick<BlobStore, "put" | "get" | "remove">;

/** Blobs of which some methods do something else; they are given the method that they take the place of. */
function changed(
  blobs: BlobStore,
  changes: {
    [Name in keyof Methods]?: (method: Methods[Name], ...args: Parameters<Methods[Name]>) => ReturnType<Methods[Name]>;
  },
): BlobStore {
  const { put, get, remove } = changes;
  const own: Methods = {
    put: (key, bytes) => put ? put(blobs.put.bind(blobs), key, bytes) : blobs.put(key, bytes),
    get: (key) => get ? get(blobs.get.bind(blobs), key) : blobs.get(key),
    remove: (key) => remove ? remove(blobs.remove.bind(blobs), key) : blobs.remove(key),
  };
  return {
    ...own,
    stream: blobs.stream.bind(blobs),
    list: blobs.list.bind(blobs),
    sweep: blobs.sweep.bind(blobs),
    presign: blobs.presign.bind(blobs),
    close: blobs.close.bind(blobs),
  };
}

async function keys(blobs: BlobStore): Promise<string[]> {
  return (await Array.fromAsync(blobs.list(IMAGE_BLOBS))).map(({ key }) => key);
}

async function addTransfer(database: Database): Promise<number> {
  const row = await database.first<{ ordinal: number }>(
    `INSERT INTO transfers (id, owner, status, sequence, at, former_at, silent, step, attempts, document)
     VALUES ('t', 'local', 'QUEUED', 1, 1, 1, '{1}', 0, 0, '{}') RETURNING ordinal`,
  );
  return row!.ordinal;
}

function image(id: string, owner = "local"): ImageRecord {
  return imageRecord({ id, owner });
}
