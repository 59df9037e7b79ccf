import assert from "node:assert/strict";
import { TemporaryStorage } from "./testing/temporary_storage.ts";
import { statusOnly, stepEvent, transferRecord } from "../../testing/records.ts";

/** What is done to the disk while `body` runs, in order. */
async function recorded(body: () => Promise<void>): Promise<string[]> {
  const done: string[] = [];
  const { rename, remove } = Deno;
  const { sync, syncData } = Deno.FsFile.prototype;
  Deno.rename = (...args) => (done.push("rename"), rename(...args));
  Deno.remove = (...args) => (done.push("remove"), remove(...args));
  Deno.FsFile.prototype.sync = async function () {
    done.push((await this.stat()).isDirectory ? "sync folder" : "sync file");
    await sync.call(this);
  };
  Deno.FsFile.prototype.syncData = function () {
    done.push("sync database");
    return syncData.call(this);
  };
  try {
    await body();
  } finally {
    Object.assign(Deno, { rename, remove });
    Object.assign(Deno.FsFile.prototype, { sync, syncData });
  }
  return done;
}

Deno.test("a file is on the disk before it has its name, its name before a row points to it, and that before another goes", async () => {
  await using temporary = await TemporaryStorage.open();
  const { store } = temporary.storage;
  await store.create(transferRecord({ id: "a" }), statusOnly("QUEUED"));
  const save = (step: number) => () => store.saveCheckpoint("a", step, new Uint8Array(9));
  const written = ["sync file", "rename", "sync folder", "sync database"];
  assert.deepEqual(await recorded(save(1)), written);
  assert.deepEqual(await recorded(save(2)), written);
  assert.deepEqual(await recorded(save(3)), [...written, "remove"]);
  assert.deepEqual(await recorded(async () => void await store.remove("a")), ["sync database", "remove", "remove"]);
});

Deno.test("a status that is told of is on the disk, a step need not be", async () => {
  await using temporary = await TemporaryStorage.open();
  const { store } = temporary.storage;
  const record = transferRecord({ id: "a" });
  assert.deepEqual(await recorded(async () => void await store.create(record, statusOnly("QUEUED"))), [
    "sync database",
  ]);
  const append = (event: ReturnType<typeof statusOnly>) => async () => {
    await store.append("a", { from: ["QUEUED"], changes: {}, events: [event] });
  };
  assert.deepEqual(await recorded(append(statusOnly("RUNNING"))), ["sync database"]);
  assert.deepEqual(await recorded(append(stepEvent(1))), []);
});
