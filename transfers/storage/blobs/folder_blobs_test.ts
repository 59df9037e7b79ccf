import assert from "node:assert/strict";
import { testWhere } from "../../../tests/testing/test_where.ts";
import { type Log, SILENT_LOG } from "../../log.ts";
import { isError } from "../../testing/errors.ts";
import { bytesOf, testBlobStore, usesOf } from "../conformance/blob_store.ts";
import { NO_DISK, TemporaryDisk } from "../sqlite/testing/temporary_disk.ts";
import { FolderBlobs } from "./folder_blobs.ts";

const HOUR = 60 * 60 * 1000;

async function temporary(log: Log = SILENT_LOG) {
  const folder = await Deno.makeTempDir();
  return {
    folder,
    blobs: await FolderBlobs.open(folder, log),
    another: await FolderBlobs.open(`${folder}/`, log),
    close: () => Deno.remove(folder, { recursive: true }),
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

/** Everything in a folder. */
async function names(folder: string): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(folder));
  const inside = await Promise.all(entries.map(async ({ name, isDirectory }) => [
    name,
    ...(isDirectory ? (await names(`${folder}/${name}`)).map((each) => `${name}/${each}`) : []),
  ]));
  return inside.flat().sort();
}

testBlobStore("FolderBlobs", temporary);

Deno.test("a blob is on the disk before it has its name, its name and its folders' before it counts", async () => {
  await using store = await temporary();
  const done: string[] = [];
  const { rename } = Deno;
  const { sync } = Deno.FsFile.prototype;
  Deno.rename = (...args) => (done.push("rename"), rename(...args));
  Deno.FsFile.prototype.sync = async function () {
    done.push((await this.stat()).isDirectory ? "sync folder" : "sync file");
    await sync.call(this);
  };
  try {
    for (const key of ["a/b/c", "a/b/d"]) {
      await store.blobs.put(key, bytesOf(9));
      assert.deepEqual(done.splice(0), ["sync file", "rename", "sync folder", "sync folder", "sync folder"]);
    }
  } finally {
    Object.assign(Deno, { rename });
    Object.assign(Deno.FsFile.prototype, { sync });
  }
});

Deno.test("a damaged blob is as good as none, and the log says so", async () => {
  const said: string[] = [];
  await using store = await temporary({ info() {}, warn: (line) => said.push(line) });
  const { blobs, folder } = store;
  for (const damage of ["flipped", "cut off", "cut to nothing"]) {
    await blobs.put("a/b", bytesOf(600_000));
    {
      using file = await Deno.open(`${folder}/a/b`, { write: true });
      if (damage === "flipped") await file.write(new Uint8Array([255]));
      else await file.truncate(damage === "cut off" ? 500_000 : 5);
    }
    assert.equal(await blobs.get("a/b"), null, damage);
    assert.match(said.pop()!, /^Cannot read the blob a\/b: found it damaged/);
    // Of the pieces the last is missing.
    let count = 0;
    await assert.rejects(async () => {
      for await (const piece of (await blobs.stream("a/b"))!) count += piece.length;
    }, isError("STORAGE_UNREADABLE", "a/b"));
    assert.ok(count < (damage === "flipped" ? 600_000 : 499_000), `${count}`);
  }
});

Deno.test("nothing is left of what is removed, and of what was interrupted only while somebody may be at it", async () => {
  await using store = await temporary();
  const { blobs, folder } = store;
  await blobs.put("a/b/c", bytesOf(9));
  await Deno.mkdir(`${folder}/a/empty`);
  await Deno.mkdir(`${folder}/lost+found`);
  for (const name of ["a/new~", "a/b/old~", ".nfs01"]) await Deno.writeFile(`${folder}/${name}`, bytesOf(3));
  for (const name of ["a/b/old~", ".nfs01", "a/b/c"]) {
    await Deno.utime(`${folder}/${name}`, 0, Date.now() / 1000 - 25 * 3600);
  }
  assert.deepEqual((await Array.fromAsync(blobs.list(""))).map(({ key, age }) => [key, age > HOUR]), [["a/b/c", true]]);
  await blobs.sweep();
  assert.deepEqual(await names(folder), [".nfs01", "a", "a/b", "a/b/c", "a/new~", "lost+found"]);
  await blobs.remove("a/b/c");
  assert.deepEqual(await names(folder), [".nfs01", "a", "a/new~", "lost+found"]);
});

Deno.test("ages are by the file system's clock, not this machine's", async () => {
  await using store = await temporary();
  await store.blobs.put("a", bytesOf(1));
  const { now } = Date;
  Date.now = () => now() + 5 * HOUR;
  try {
    const [entry] = await Array.fromAsync(store.blobs.list(""));
    assert.ok(entry!.age < HOUR);
  } finally {
    Date.now = now;
  }
});

Deno.test("a folder that is not there is not made, nor taken for one that has lost its blobs", async () => {
  const folder = await Deno.makeTempDir();
  const blobs = await FolderBlobs.open(folder, SILENT_LOG);
  await Deno.remove(folder);
  const isAway = isError("STORAGE_UNAVAILABLE", "found no such folder");
  await assert.rejects(FolderBlobs.open(folder, SILENT_LOG), isAway);
  for (const key of ["a", "a/b"]) {
    for (const use of usesOf(blobs, key)) await assert.rejects(use, isAway);
  }
  await assert.rejects(() => Array.fromAsync(blobs.list("a/")), isAway);
  await assert.rejects(() => blobs.sweep(), isAway);
  await assert.rejects(Deno.stat(folder), Deno.errors.NotFound);
});

testWhere(NO_DISK, "a full disk keeps no part of a blob, and takes it once there is room", async () => {
  await using disk = await TemporaryDisk.mount(2 ** 20);
  const blobs = await FolderBlobs.open(disk.directory, SILENT_LOG);
  const isFull = isError("STORAGE_FULL", "BLOBS", "no space left");
  await assert.rejects(blobs.put("a/b", bytesOf(2 ** 21)), isFull);
  assert.deepEqual(await names(disk.directory), ["a"]);
  await blobs.put("a/b", bytesOf(1000));
  await disk.fill();
  await assert.rejects(blobs.put("a/c", bytesOf(1000)), isFull);
  await blobs.remove("a/b");
  await disk.makeReadOnly();
  await assert.rejects(blobs.put("a/c", bytesOf(1)), isError("STORAGE_UNAVAILABLE", "nothing that can be written"));
  await assert.rejects(FolderBlobs.open(disk.directory, SILENT_LOG), isError("STORAGE_UNAVAILABLE", "BLOBS"));
});
