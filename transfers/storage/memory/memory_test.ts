import { testEventBus } from "../conformance/event_bus.ts";
import { testFencedWrites } from "../conformance/fenced_writes.ts";
import { testImageStore } from "../conformance/image_store.ts";
import { testTransferQueue } from "../conformance/transfer_queue.ts";
import { testTransferStore } from "../conformance/transfer_store.ts";
import { testWebhookStore } from "../conformance/webhook_store.ts";
import { MemoryStorage } from "./memory_storage.ts";

function open() {
  return Promise.resolve(new MemoryStorage());
}

testTransferStore("MemoryTransferStore", open);
testFencedWrites("MemoryTransferStore", open);
testTransferQueue("MemoryQueue", open);
testImageStore("MemoryImageStore", open);
testEventBus("MemoryEventBus", open);
testWebhookStore("MemoryWebhookStore", open);
