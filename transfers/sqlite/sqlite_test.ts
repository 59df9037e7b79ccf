import { testImageStore } from "../conformance/image_store.ts";
import { testTransferQueue } from "../conformance/transfer_queue.ts";
import { testTransferStore } from "../conformance/transfer_store.ts";
import { SILENT_LOG } from "../log.ts";
import { openSqliteStorage } from "./open.ts";

/** Storage in a directory that goes with it. */
async function open() {
  const directory = await Deno.makeTempDir();
  const { store, images, queue, close } = await openSqliteStorage(directory, SILENT_LOG);
  return {
    store,
    images,
    queue,
    close: async () => {
      close();
      await Deno.remove(directory, { recursive: true });
    },
  };
}

testTransferStore("SqliteTransferStore", open);
testTransferQueue("SqliteQueue", open);
testImageStore("SqliteImageStore", open);
