import assert from "node:assert/strict";
import { linesOf } from "../../../tests/testing/server_process.ts";
import { SILENT_LOG } from "../../log.ts";
import { assertSame, bytesOf } from "../conformance/blob_store.ts";
import { FolderBlobs } from "./folder_blobs.ts";
import { WRITTEN } from "./testing/folder_writer.ts";

const WRITER = new URL("./testing/folder_writer.ts", import.meta.url).pathname;
const DAY = 24 * 60 * 60;

Deno.test("servers that are killed while they write leave no part of a blob, and all that they were told is kept", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const kept: string[] = [];
    for (let round = 0; round < 4; round++) {
      await Promise.all(["a", "b"].map((name) => writeUntilKilled(folder, `${name}${round}`, 2 + round, kept)));
    }
    const blobs = await FolderBlobs.open(folder, SILENT_LOG);
    const listed = await Array.fromAsync(blobs.list(""));
    const missing = kept.filter((key) => !listed.some((entry) => entry.key === key));
    assert.deepEqual(missing, []);
    for (const { key } of listed) assertSame(await blobs.get(key), bytesOf(WRITTEN));
    for (const name of await unfinished(folder)) await Deno.utime(name, 0, Date.now() / 1000 - DAY - 60);
    await blobs.sweep();
    assert.deepEqual(await unfinished(folder), []);
    assert.equal((await Array.fromAsync(blobs.list(""))).length, listed.length);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** Has a process put blobs and kills it after so many. @param kept Takes the keys that it was told are kept. */
async function writeUntilKilled(folder: string, name: string, count: number, kept: string[]): Promise<void> {
  const args = ["run", "--allow-all", WRITER, folder, name];
  const child = new Deno.Command(Deno.execPath(), { args, stdin: "null", stdout: "piped", stderr: "inherit" }).spawn();
  let told = 0;
  for await (const line of linesOf(child.stdout)) {
    kept.push(line);
    if (++told === count) child.kill("SIGKILL");
  }
  await child.status;
}

async function unfinished(folder: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) names.push(...await unfinished(path));
    else if (name.endsWith("~")) names.push(path);
  }
  return names;
}
