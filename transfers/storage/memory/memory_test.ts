import { testBatchStore } from "../conformance/batch_store.ts";
import { testEventBus } from "../conformance/event_bus.ts";
import { FakeClock } from "../../testing/fake_clock.ts";
import { testExclusion } from "../conformance/exclusion.ts";
import { testFencedWrites } from "../conformance/fenced_writes.ts";
import { testImageStore, testSharedImageStore } from "../conformance/image_store.ts";
import { testLiveFrames } from "../conformance/live_frames.ts";
import { testOrderBook } from "../conformance/order_book.ts";
import { testTransferQueue } from "../conformance/transfer_queue.ts";
import { testTransferStore } from "../conformance/transfer_store.ts";
import { testWebhookStore } from "../conformance/webhook_store.ts";
import { testWorkerRegistry } from "../conformance/worker_registry.ts";
import { MemoryStorage } from "./memory_storage.ts";

function open() {
  return Promise.resolve(new MemoryStorage());
}

/** What services share that have one memory. */
function openShared() {
  const clock = new FakeClock();
  const leaseMilliseconds = 15_000;
  const { store, images, queue, shared, close } = new MemoryStorage({ clock, leaseMilliseconds });
  const { orders, workers, liveFrames: frames } = shared!;
  const later = (milliseconds: number) => Promise.resolve(clock.advance(milliseconds));
  return { store, images, queue, orders, workers, frames, leaseMilliseconds, later, close };
}

testTransferStore("MemoryTransferStore", open);
testBatchStore("MemoryBatchStore", open);
testFencedWrites("MemoryTransferStore", open);
testTransferQueue("MemoryQueue", () => {
  const { queue, close } = new MemoryStorage();
  return Promise.resolve({ queue, other: queue, later: () => Promise.resolve(), close });
});
testTransferQueue("MemoryQueue that is shared", () => {
  const { queue, ...opened } = openShared();
  return Promise.resolve({ ...opened, queue, other: queue });
});
testImageStore("MemoryImageStore", open);
testSharedImageStore("MemoryImageStore", () => {
  const { images, ...opened } = openShared();
  return Promise.resolve({ ...opened, images, other: images });
});
testEventBus("MemoryEventBus", open);
testWebhookStore("MemoryWebhookStore", open);
testOrderBook("MemoryOrderBook", () => {
  const { orders, ...opened } = openShared();
  return Promise.resolve({ ...opened, orders, other: orders });
});
testWorkerRegistry("MemoryWorkerRegistry", () => {
  const { workers, ...opened } = openShared();
  return Promise.resolve({ ...opened, workers, other: workers });
});
testLiveFrames("MemoryLiveFrames", () => {
  const { frames, ...opened } = openShared();
  return Promise.resolve({ ...opened, frames, other: frames });
});
testExclusion("MemoryExclusion", () => {
  const { exclusion, close } = new MemoryStorage();
  return Promise.resolve({ exclusion, other: exclusion, close });
});
