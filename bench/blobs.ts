/**
 * What blobs take in a folder and in a store that speaks S3's protocol (versitygw, where it is on the PATH), side by side in
 * alternating rounds on this machine's disk, and the memory that reading one takes.
 *
 *     deno task bench blobs [rounds]
 */
import { FolderBlobs } from "../transfers/storage/blobs/folder_blobs.ts";
import type { BlobStore } from "../transfers/storage/blobs/ports.ts";
import { S3Blobs } from "../transfers/storage/blobs/s3_blobs.ts";
import { NO_VERSITY, Versity } from "../transfers/storage/blobs/testing/versity.ts";
import { SILENT_LOG } from "../transfers/log.ts";
import { median, row } from "./table.ts";

const MEGABYTE = 1e6;
const SIZES = [5, 50];
/** Megabytes of the blob that is read for its memory. */
const LARGE = 400;

async function milliseconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

async function streamed(blobs: BlobStore, key: string): Promise<void> {
  for await (const piece of (await blobs.stream(key))!) void piece;
}

/** In a process of its own, which has held nothing else: MB of memory at most beyond what it had before. */
async function readAlone(how: "get" | "stream", where: string): Promise<number> {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", import.meta.filename!, how, where],
    stderr: "inherit",
  });
  return Number(new TextDecoder().decode((await command.output()).stdout));
}

async function openAgain(where: string): Promise<BlobStore> {
  const { folder, place, credentials } = JSON.parse(where);
  if (folder !== undefined) return await FolderBlobs.open(folder, SILENT_LOG);
  return await S3Blobs.open({ ...place, endpoint: new URL(place.endpoint) }, credentials, SILENT_LOG);
}

const [first = "5", where = ""] = Deno.args;
if (where !== "") {
  const blobs = await openAgain(where);
  await blobs.get("warm");
  const before = Deno.memoryUsage().rss;
  let peak = before;
  const timer = setInterval(() => peak = Math.max(peak, Deno.memoryUsage().rss), 1);
  await (first === "get" ? blobs.get("large") : streamed(blobs, "large"));
  clearInterval(timer);
  console.log((Math.max(peak, Deno.memoryUsage().rss) - before) / MEGABYTE);
  await blobs.close();
} else {
  const folder = await Deno.makeTempDir();
  await using cleanup = new AsyncDisposableStack();
  cleanup.defer(() => Deno.remove(folder, { recursive: true }));
  const stores = [{
    name: "folder",
    blobs: await FolderBlobs.open(folder, SILENT_LOG) as BlobStore,
    where: { folder } as object,
  }];
  if (NO_VERSITY === null) {
    const { place, credentials } = cleanup.use(await Versity.start());
    const blobs = await S3Blobs.open(place, credentials, SILENT_LOG);
    cleanup.defer(() => blobs.close());
    stores.push({ name: "S3", blobs, where: { place, credentials } });
  }
  console.log(row("store", "MB", "put", "get", "stream"));
  console.log(row("---", "---", "---", "---", "---"));
  for (const size of SIZES) {
    const bytes = new Uint8Array(size * MEGABYTE).map((_, i) => i * 31 + (i >> 8));
    const taken = stores.map(() => ({ put: [] as number[], get: [] as number[], stream: [] as number[] }));
    for (let round = 0; round < Number(first); round++) {
      for (const [i, { blobs }] of stores.entries()) {
        const key = `${size}/${round}`;
        taken[i]!.put.push(await milliseconds(() => blobs.put(key, bytes)));
        taken[i]!.get.push(await milliseconds(() => blobs.get(key)));
        taken[i]!.stream.push(await milliseconds(() => streamed(blobs, key)));
        await blobs.remove(key);
      }
    }
    for (const [i, { name }] of stores.entries()) {
      const { put, get, stream } = taken[i]!;
      console.log(row(name, size, ...[put, get, stream].map((each) => `${median(each).toFixed(0)} ms`)));
    }
  }
  for (const { name, blobs, where } of stores) {
    await blobs.put("warm", new Uint8Array(MEGABYTE));
    await blobs.put("large", new Uint8Array(LARGE * MEGABYTE));
    const [stream, get] = [
      await readAlone("stream", JSON.stringify(where)),
      await readAlone("get", JSON.stringify(where)),
    ];
    console.log(`${name}: ${LARGE} MB take ${stream.toFixed(0)} MB of memory as a stream, ${get.toFixed(0)} MB whole`);
  }
}
