import type {
  BatchStore,
  EventBus,
  Exclusion,
  ImageStore,
  SharedStorage,
  Storage,
  TransferStore,
  WebhookStore,
} from "../ports.ts";
import { MemoryBatchStore } from "./memory_batch_store.ts";
import { MemoryClaims } from "./memory_claims.ts";
import { MemoryEventBus } from "./memory_event_bus.ts";
import { MemoryExclusion } from "./memory_exclusion.ts";
import { MemoryImageStore } from "./memory_image_store.ts";
import { MemoryLiveFrames } from "./memory_live_frames.ts";
import { MemoryOrderBook } from "./memory_order_book.ts";
import { MemoryQueue } from "./memory_queue.ts";
import type { MemorySharing } from "./memory_sharing.ts";
import { MemoryTransferStore } from "./memory_transfer_store.ts";
import { MemoryWebhookStore } from "./memory_webhook_store.ts";
import { MemoryWorkerRegistry } from "./memory_worker_registry.ts";

/** All that is kept, in the memory of one process; forgotten at exit. */
export class MemoryStorage implements Storage {
  readonly store: TransferStore;
  readonly batches: BatchStore;
  readonly images: ImageStore;
  readonly queue: MemoryQueue;
  readonly webhooks: WebhookStore;
  readonly bus: EventBus = new MemoryEventBus();
  readonly exclusion: Exclusion = new MemoryExclusion();
  readonly shared: SharedStorage | null;

  /** @param sharing Null where one service is alone with it. */
  constructor(sharing: MemorySharing | null = null) {
    const claims = new MemoryClaims(sharing);
    const webhooks = new MemoryWebhookStore();
    const orders = sharing && new MemoryOrderBook(sharing.clock);
    const store = new MemoryTransferStore({ webhooks, claims, orders });
    this.store = store;
    this.batches = new MemoryBatchStore(store);
    this.webhooks = webhooks;
    this.images = new MemoryImageStore((id) => store.uses(id), sharing?.clock);
    this.queue = new MemoryQueue(sharing, claims);
    this.shared = sharing && orders && {
      orders,
      liveFrames: new MemoryLiveFrames(claims),
      workers: new MemoryWorkerRegistry(sharing),
      clock: sharing.clock,
    };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
