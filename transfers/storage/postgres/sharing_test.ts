import { MemoryBlobs } from "../blobs/memory_blobs.ts";
import { testEventBus } from "../conformance/event_bus.ts";
import { testExclusion } from "../conformance/exclusion.ts";
import { testLiveFrames } from "../conformance/live_frames.ts";
import { testOrderBook } from "../conformance/order_book.ts";
import { testTransferQueue } from "../conformance/transfer_queue.ts";
import { testWorkerRegistry } from "../conformance/worker_registry.ts";
import type { EventBus } from "../ports.ts";
import { PostgresTransferStore } from "./postgres_transfer_store.ts";
import { NO_POSTGRES } from "./testing/postgres_programs.ts";
import { Servers } from "./testing/servers.ts";

const LEASE = 15_000;

/** What two servers have of it, and what of the first's others need. */
async function open() {
  const servers = await Servers.open(LEASE);
  const { first, second } = servers;
  const store = new PostgresTransferStore(first.database, new MemoryBlobs());
  return {
    first,
    second,
    store,
    later: (milliseconds: number) => servers.later(milliseconds),
    close: () => servers[Symbol.asyncDispose](),
  };
}

if (NO_POSTGRES === null) {
  testTransferQueue("PostgresQueue", async () => {
    const { first, second, ...opened } = await open();
    return { ...opened, queue: first.queue, other: second.queue };
  });
  testOrderBook("PostgresOrderBook", async () => {
    const { first, second, ...opened } = await open();
    return { ...opened, orders: first.orders, other: second.orders };
  });
  testWorkerRegistry("PostgresWorkerRegistry", async () => {
    const { first, second, ...opened } = await open();
    return { ...opened, workers: first.workers, other: second.workers, leaseMilliseconds: LEASE };
  });
  testLiveFrames("PostgresLiveFrames", async () => {
    const { first, second, ...opened } = await open();
    return { ...opened, frames: first.frames, other: second.frames, queue: first.queue };
  });
  testExclusion("PostgresExclusion", async () => {
    const { first, second, ...opened } = await open();
    return { ...opened, exclusion: first.exclusion, other: second.exclusion };
  });
  testEventBus("PostgresEventBus", async () => {
    const { first, ...opened } = await open();
    return { ...opened, bus: first.bus };
  });
  testEventBus("PostgresEventBus from one server to another", async () => {
    const { first, second, ...opened } = await open();
    return { ...opened, bus: apart(first.bus, second.bus) };
  });
}

/** A bus whose news come from another server than the one where they are watched; `publish` waits until they have been sent. */
function apart(publisher: EventBus, watcher: EventBus): EventBus {
  return {
    async publish(transferId, position) {
      using heard = await watcher.watch(transferId);
      await publisher.publish(transferId, position);
      await heard.changed(position.sequence - 1);
    },
    watch: (transferId) => watcher.watch(transferId),
    get watchers() {
      return watcher.watchers;
    },
  };
}
