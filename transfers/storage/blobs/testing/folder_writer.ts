/** A process that puts blobs into a folder until it is killed: `folder_writer.ts FOLDER NAME`. It prints each key once that is kept. */
import { SILENT_LOG } from "../../../log.ts";
import { bytesOf } from "../../conformance/blob_store.ts";
import { FolderBlobs } from "../folder_blobs.ts";

/** Bytes of a blob: large enough to be interrupted at. */
export const WRITTEN = 4_000_000;

if (import.meta.main) {
  const [folder, name] = Deno.args;
  const blobs = await FolderBlobs.open(folder!, SILENT_LOG);
  for (let i = 0;; i++) {
    const key = `${name}/${i}`;
    await blobs.put(key, bytesOf(WRITTEN));
    console.log(key);
  }
}
