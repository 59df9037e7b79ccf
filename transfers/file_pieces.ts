/** Bytes that are read or written in one go: Deno does both on the caller's thread, when the system lets it. */
export const PIECE_BYTES = 2 ** 18;

/** Writes all of `bytes`; others get their turns between the pieces. */
export async function writePieces(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.byteLength;) done += await file.write(bytes.subarray(done, done + PIECE_BYTES));
}

/** Fills `bytes`, as `writePieces` writes them. @returns How many there were. */
export async function readPieces(file: Deno.FsFile, bytes: Uint8Array): Promise<number> {
  let done = 0;
  while (done < bytes.byteLength) {
    const count = await file.read(bytes.subarray(done, done + PIECE_BYTES));
    if (count === null) break;
    done += count;
  }
  return done;
}
