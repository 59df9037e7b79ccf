import type { Picture } from "../../engine/picture.ts";
import type { BatchProgressRequest } from "../api.ts";
import { Journal, statusEvent } from "../life/journal.ts";
import { SILENT_LOG } from "../log.ts";
import { LoopTurns } from "../loop_turns.ts";
import { NO_OBSERVER } from "../observer.ts";
import { MemoryStorage } from "../storage/memory/memory_storage.ts";
import { BatchStream } from "../watch/batch_stream.ts";
import { FrameCache } from "../watch/frame_cache.ts";
import type { BatchRecord, TransferRecord, TransferStatus } from "../types.ts";
import { FakeClock } from "./fake_clock.ts";
import { batchRecord, statusOnly, stepEvent, transferRecord } from "./records.ts";

const PICTURE: Picture = { width: 1, height: 1, rgb: new Uint8Array(3) };

/** A batch of queued transfers, `t0`, `t1` and so on, whose logs the test writes. */
export class BatchStage {
  readonly storage = new MemoryStorage();
  readonly store = this.storage.store;
  readonly bus = this.storage.bus;
  readonly clock = new FakeClock();
  readonly observer = NO_OBSERVER;
  readonly turns = new LoopTurns();
  readonly frames = new FrameCache(this.store, () => Promise.resolve(PICTURE));
  readonly journal = new Journal(this.store, this.bus, this.clock, SILENT_LOG);
  readonly batch: BatchRecord;

  static async open(count: number): Promise<BatchStage> {
    const stage = new BatchStage(count);
    await stage.storage.batches.create(
      stage.batch,
      stage.batch.variations.map((_, variation) => ({
        record: transferRecord({
          id: `t${variation}`,
          batch: { id: stage.batch.id, content: 0, style: 0, variation },
        }),
        event: statusOnly("QUEUED"),
      })),
    );
    return stage;
  }

  private constructor(count: number) {
    this.batch = batchRecord({ variations: Array(count).fill(null) });
  }

  async record(id: string): Promise<TransferRecord> {
    return (await this.store.get(id))!;
  }

  async status(id: string, status: TransferStatus): Promise<void> {
    const record = await this.record(id);
    await this.journal.append(id, {
      from: [record.status],
      changes: { status },
      events: [statusEvent(status, record)],
    });
  }

  /** Takes the next step of a transfer. */
  async step(id: string, frame = false): Promise<void> {
    const { status, step } = await this.record(id);
    if (frame) this.frames.put(id, step + 1, PICTURE);
    await this.journal.append(id, {
      from: [status],
      changes: { step: step + 1, ...(frame ? { frameStep: step + 1 } : {}) },
      events: [{ ...stepEvent(step + 1), frame }],
    });
  }

  async remove(id: string): Promise<void> {
    const record = await this.record(id);
    await this.store.remove(id);
    await this.journal.publishRemoval(record);
  }

  /** Follows the batch, as any server would let it be followed. */
  async follow(request: BatchProgressRequest = {}): Promise<BatchStream> {
    return await BatchStream.open(this, this.batch, await this.storage.batches.transfers(this.batch.id), request);
  }
}
