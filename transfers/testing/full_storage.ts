import { GramcastError } from "../../errors.ts";
import { MemoryQueue } from "../storage/memory/memory_queue.ts";
import { MemoryTransferStore } from "../storage/memory/memory_transfer_store.ts";
import type { TransferStore } from "../storage/ports.ts";

/** What cannot be written while it is full. */
type Write = "append" | "create" | "saveFrame" | "confirm";

/** Store and queue on one storage that is full where and when a test says so. */
export class FullStorage {
  readonly full = new Set<Write>();
  readonly store: TransferStore;
  readonly queue: MemoryQueue;

  constructor() {
    const refuse = (write: Write) => this.full.has(write) ? Promise.reject(storageFull()) : null;
    this.store = new class extends MemoryTransferStore {
      override append(...args: Parameters<TransferStore["append"]>) {
        return refuse("append") ?? super.append(...args);
      }
      override create(...args: Parameters<TransferStore["create"]>) {
        return refuse("create") ?? super.create(...args);
      }
      override saveFrame(...args: Parameters<TransferStore["saveFrame"]>) {
        return refuse("saveFrame") ?? super.saveFrame(...args);
      }
    }();
    this.queue = new class extends MemoryQueue {
      override confirm(...ids: string[]) {
        return refuse("confirm") ?? super.confirm(...ids);
      }
    }();
  }
}

function storageFull(): GramcastError {
  return new GramcastError("STORAGE_FULL", "Cannot write to DATA_DIR: found no space left, wanted room to write in");
}
