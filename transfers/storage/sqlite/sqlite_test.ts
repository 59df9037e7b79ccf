import { testBatchStore } from "../conformance/batch_store.ts";
import { testImageStore } from "../conformance/image_store.ts";
import { testTransferQueue } from "../conformance/transfer_queue.ts";
import { testTransferStore } from "../conformance/transfer_store.ts";
import { testWebhookStore } from "../conformance/webhook_store.ts";
import { TemporaryStorage } from "./testing/temporary_storage.ts";

async function open() {
  const temporary = await TemporaryStorage.open();
  return { ...temporary.storage, close: () => temporary[Symbol.asyncDispose]() };
}

testTransferStore("SqliteTransferStore", open);
testBatchStore("SqliteBatchStore", open);
testTransferQueue("SqliteQueue", async () => {
  const { queue, close } = await open();
  return { queue, other: queue, later: () => Promise.resolve(), close };
});
testImageStore("SqliteImageStore", open);
testWebhookStore("SqliteWebhookStore", open);
