/** Bytes as they come, until they are more than `limit`: then it throws what `tooLong` makes. */
export async function* bounded(
  pieces: AsyncIterable<Uint8Array<ArrayBuffer>> | Iterable<Uint8Array<ArrayBuffer>>,
  limit: number,
  tooLong: () => Error,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  let bytes = 0;
  for await (const piece of pieces) {
    bytes += piece.byteLength;
    if (bytes > limit) throw tooLong();
    yield piece;
  }
}
