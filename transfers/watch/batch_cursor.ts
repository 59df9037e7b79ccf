import { LIMITS } from "../../limits.ts";
import { checkText, invalid } from "../../values.ts";

/**
 * How far the log of each transfer of a batch has been delivered, by their places: sequence numbers, and null where not
 * even a snapshot has been.
 */
export type BatchPositions = readonly (number | null)[];

/** Every event from the first. */
const FROM_THE_FIRST = "0";
/** Bits of a number that a byte holds; one more says whether another byte follows. */
const BITS = 7;

/**
 * Positions as a text. One number could not tell them: transfers of a batch run side by side, on different machines, and
 * nothing orders an event of one among those of another for good.
 */
export function cursorOf(positions: BatchPositions): string {
  const bytes: number[] = [];
  for (const position of positions) {
    let rest = position === null ? 0 : position + 1;
    for (; rest >= 1 << BITS; rest = Math.floor(rest / (1 << BITS))) bytes.push((rest & 0x7f) | 0x80);
    bytes.push(rest);
  }
  return new Uint8Array(bytes).toBase64({ alphabet: "base64url", omitPadding: true });
}

/**
 * The positions that a cursor tells.
 *
 * @param cells Transfers that the batch was started with.
 * @throws {GramcastError} BAD_USER_INPUT for one that no event of a batch of as many had.
 */
export function positionsOf(cursor: string, cells: number): BatchPositions {
  if (cursor === FROM_THE_FIRST) return Array.from({ length: cells }, () => 0);
  const positions = read(checkText("after", LIMITS.batchCursor, cursor));
  if (positions?.length === cells && cursorOf(positions) === cursor) return positions;
  throw invalid("after", 'Cannot use after: found no cursor of this batch, wanted one that an event of it had, or "0"');
}

function read(cursor: string): (number | null)[] | null {
  let bytes: Uint8Array;
  try {
    bytes = Uint8Array.fromBase64(cursor, { alphabet: "base64url" });
  } catch {
    return null;
  }
  const positions: (number | null)[] = [];
  let value = 0;
  let factor = 1;
  for (const byte of bytes) {
    // No log is as long. A number without an end could not be written again.
    if (factor > Number.MAX_SAFE_INTEGER) return null;
    value += (byte & 0x7f) * factor;
    factor *= 1 << BITS;
    if (byte >= 0x80) continue;
    positions.push(value === 0 ? null : value - 1);
    value = 0;
    factor = 1;
  }
  return factor === 1 ? positions : null;
}
