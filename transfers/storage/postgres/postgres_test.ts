import { SystemClock } from "../../clock.ts";
import { SILENT_LOG } from "../../log.ts";
import { MemoryBlobs } from "../blobs/memory_blobs.ts";
import { testBatchStore } from "../conformance/batch_store.ts";
import { testFencedWrites } from "../conformance/fenced_writes.ts";
import {
  testImageStoreModel,
  testTransferQueueModel,
  testTransferStoreModel,
  testWebhookStoreModel,
} from "../conformance/model.ts";
import { testTransferStore } from "../conformance/transfer_store.ts";
import { MemoryQueue } from "../memory/memory_queue.ts";
import { PostgresBatchStore } from "./postgres_batch_store.ts";
import { PostgresImageStore } from "./postgres_image_store.ts";
import { PostgresTransferStore } from "./postgres_transfer_store.ts";
import { PostgresWebhookStore } from "./postgres_webhook_store.ts";
import { NO_POSTGRES } from "./testing/postgres_programs.ts";
import { Servers } from "./testing/servers.ts";
import { TemporaryDatabase } from "./testing/temporary_database.ts";

/** Of the models: each question goes to the server and back. */
const RUNS = 2;
/** Longer than any test. */
const SHARING = { clock: new SystemClock(), leaseMilliseconds: 600_000 };

async function openStores() {
  const temporary = await TemporaryDatabase.make();
  const database = await temporary.open();
  const blobs = new MemoryBlobs();
  return {
    store: new PostgresTransferStore(database, blobs),
    batches: new PostgresBatchStore(database),
    images: new PostgresImageStore(database, blobs, SILENT_LOG),
    webhooks: new PostgresWebhookStore(database),
    close: () => temporary[Symbol.asyncDispose](),
  };
}

async function openWithQueue() {
  const servers = await Servers.open(SHARING.leaseMilliseconds);
  const { database, queue } = servers.first;
  return {
    store: new PostgresTransferStore(database, new MemoryBlobs()),
    queue,
    close: () => servers[Symbol.asyncDispose](),
  };
}

if (NO_POSTGRES === null) {
  testTransferStore("PostgresTransferStore", openStores);
  testBatchStore("PostgresBatchStore", openStores);
  testFencedWrites("PostgresTransferStore", openWithQueue);
  testTransferStoreModel("PostgresTransferStore", openStores, RUNS);
  testTransferQueueModel("PostgresQueue", openWithQueue, RUNS, () => new MemoryQueue(SHARING));
  testImageStoreModel("PostgresImageStore", openStores, RUNS);
  testWebhookStoreModel("PostgresWebhookStore", openStores, RUNS);
}
