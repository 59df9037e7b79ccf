import { framesIn, stepsBefore } from "../../engine/options/moving_schedule.ts";
import type { TransferStore } from "../storage/ports.ts";
import type { TransferRecord } from "../types.ts";

/** What was painted of each frame of a content, as files, one read after the other. @throws {Error} When one is gone. */
export async function* paintedFrames(
  store: TransferStore,
  { id, options }: Pick<TransferRecord, "id" | "options">,
): AsyncGenerator<Uint8Array, void> {
  for (let frame = 1; frame <= framesIn(options); frame++) {
    const bytes = await store.readFrame(id, stepsBefore(options, frame));
    if (bytes === null) throw new Error(`Frame ${frame} of transfer ${id} has been removed`);
    yield bytes;
  }
}
