import { testEventBus } from "../conformance/event_bus.ts";
import { testImageStore } from "../conformance/image_store.ts";
import { testTransferQueue } from "../conformance/transfer_queue.ts";
import { testTransferStore } from "../conformance/transfer_store.ts";
import { testWebhookStore } from "../conformance/webhook_store.ts";
import { MemoryEventBus } from "./memory_event_bus.ts";
import { MemoryImageStore } from "./memory_image_store.ts";
import { MemoryQueue } from "./memory_queue.ts";
import { MemoryTransferStore } from "./memory_transfer_store.ts";
import { MemoryWebhookStore } from "./memory_webhook_store.ts";

function close(): Promise<void> {
  return Promise.resolve();
}

testTransferStore("MemoryTransferStore", () => Promise.resolve({ store: new MemoryTransferStore(), close }));
testTransferQueue("MemoryQueue", () => Promise.resolve({ queue: new MemoryQueue(), close }));
testImageStore("MemoryImageStore", () => Promise.resolve({ images: new MemoryImageStore(), close }));
testEventBus("MemoryEventBus", () => Promise.resolve({ bus: new MemoryEventBus(), close }));
testWebhookStore("MemoryWebhookStore", () => {
  const webhooks = new MemoryWebhookStore();
  return Promise.resolve({ store: new MemoryTransferStore(webhooks), webhooks, close });
});
