import { busy } from "./errors.ts";
import type { Holdings } from "./holdings.ts";

/**
 * A text to be sent: itself where it is one piece; one of several waits on the disk and not in memory, and is read back as
 * it is taken. Its place there is free when it has been read to its end.
 *
 * @throws {GraphQLError} RATE_LIMITED where there is no room for it beside others.
 * @throws {GramcastError} STORAGE_FULL
 */
export async function spoolText(
  text: Iterable<string>,
  holdings: Holdings,
): Promise<string | AsyncGenerator<Uint8Array<ArrayBuffer>, void>> {
  const pieces = text[Symbol.iterator]();
  const first = pieces.next().value ?? "";
  let next = pieces.next();
  if (next.done) return first;
  const file = await holdings.file();
  const encoder = new TextEncoder();
  let length = 0;
  const append = async (piece: string): Promise<number> => {
    const bytes = encoder.encode(piece);
    const at = await file.append(bytes);
    if (at === false) throw busy();
    length += bytes.byteLength;
    return at;
  };
  const begin = await append(first);
  for (; !next.done; next = pieces.next()) await append(next.value);
  return async function* () {
    yield* file.pieces(begin, length);
    await file.cut(begin);
  }();
}
