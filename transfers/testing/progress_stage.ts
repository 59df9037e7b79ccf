import type { Picture } from "../../engine/picture.ts";
import type { ProgressRequest } from "../api.ts";
import { FrameCache } from "../watch/frame_cache.ts";
import { Journal, statusEvent } from "../life/journal.ts";
import { SILENT_LOG } from "../log.ts";
import { observeAll } from "../observer.ts";
import { MemoryEventBus } from "../storage/memory/memory_event_bus.ts";
import { MemoryTransferStore } from "../storage/memory/memory_transfer_store.ts";
import { ProgressStream } from "../watch/progress_stream.ts";
import type { TransferStatus } from "../types.ts";
import { FakeClock } from "./fake_clock.ts";
import { statusOnly, stepEvent, transferRecord } from "./records.ts";

const PICTURE: Picture = { width: 1, height: 1, rgb: new Uint8Array(3) };

/** A running transfer whose log the test writes: QUEUED is event 1, RUNNING event 2, step n event n + 2. */
export class ProgressStage {
  readonly store = new MemoryTransferStore();
  readonly bus = new MemoryEventBus();
  readonly clock = new FakeClock();
  readonly frames = new FrameCache(this.store, () => Promise.resolve(PICTURE));
  /** Seconds that frames have taken to be delivered. */
  readonly delivered: number[] = [];
  readonly observer = observeAll([{ delivered: (seconds) => void this.delivered.push(seconds) }]);
  readonly journal = new Journal(this.store, this.bus, this.clock, SILENT_LOG);

  static async running(): Promise<ProgressStage> {
    const stage = new ProgressStage();
    await stage.store.create(transferRecord(), statusOnly("QUEUED"));
    await stage.status("RUNNING");
    return stage;
  }

  async status(status: TransferStatus): Promise<void> {
    const record = (await this.store.get("t"))!;
    await this.journal.append("t", {
      from: [record.status],
      changes: { status },
      events: [statusEvent(status, record)],
    });
  }

  async step(step: number, frame = false): Promise<void> {
    if (frame) this.frames.put("t", step, PICTURE);
    await this.journal.append("t", {
      from: ["RUNNING"],
      changes: { step, ...(frame ? { frameStep: step } : {}) },
      events: [{ ...stepEvent(step), frame }],
    });
  }

  async open(request: ProgressRequest = {}): Promise<ProgressStream> {
    return await ProgressStream.open(this, (await this.store.get("t"))!, request);
  }
}
