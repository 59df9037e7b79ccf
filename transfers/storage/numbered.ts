import type { NewEvent } from "./ports.ts";
import type { TransferEvent } from "../types.ts";

/**
 * New events with their places in a log. No time in it goes back, though the clock be set back between two runs of the
 * server: an event that seems to come before the one before it gets that one's time.
 *
 * @param last Sequence number and time of the newest event of the log; zeros for an empty one.
 */
export function numbered(events: readonly NewEvent[], last: Pick<TransferEvent, "sequence" | "at">): TransferEvent[] {
  let { sequence, at } = last;
  return events.map((event) => ({ ...event, sequence: ++sequence, at: at = Math.max(at, event.at) }));
}
