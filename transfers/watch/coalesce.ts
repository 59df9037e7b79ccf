import type { LogReader } from "./shared_reads.ts";
import type { TransferEvent, TransferRecord } from "../types.ts";

/** Events read from the log at once: what a subscriber holds in memory at most. */
export const AT_ONCE = 64;

/** The event that stands for several. */
export interface Coalesced {
  readonly event: TransferEvent;
  /** Frames of the others that nobody will see; its own, where it has one, is not among them. */
  readonly skippedFrames: number;
}

/**
 * Chooses the one event to deliver of all after `cursor`, up to the next change of status: the one with the newest frame,
 * else that change of status, else the newest.
 *
 * @param cursor Sequence number.
 * @param closed Whether nobody waits for the answer any more.
 * @returns Null where there is no event.
 */
export async function coalesce(
  store: LogReader,
  record: TransferRecord,
  cursor: number,
  closed: () => boolean,
): Promise<Coalesced | null> {
  let newest: TransferEvent | null = null;
  let withNewestFrame: Coalesced | null = null;
  let frames = 0;
  for await (const event of eventsAfter(store, record.id, cursor, closed)) {
    if (event.losses === null) {
      newest = event;
      break;
    }
    if (event.frame && event.step === record.frameStep) withNewestFrame = { event, skippedFrames: frames };
    if (event.frame) frames++;
    newest = event;
  }
  if (withNewestFrame !== null) return withNewestFrame;
  if (newest === null) return null;
  // Whether its own frame is still there is found out when it is delivered.
  const own = newest.losses !== null && newest.frame ? 1 : 0;
  return { event: newest, skippedFrames: frames - own };
}

async function* eventsAfter(
  store: LogReader,
  id: string,
  after: number,
  closed: () => boolean,
): AsyncGenerator<TransferEvent> {
  for (let from = after;;) {
    const events = await store.events(id, from, AT_ONCE);
    yield* events;
    if (events.length < AT_ONCE || closed()) return;
    from = events.at(-1)!.sequence;
  }
}
