import { createHash } from "node:crypto";
import { GramcastError } from "../../../errors.ts";

/** Bytes that come piece by piece, to be closed in the end. */
export interface Pieces {
  /** Null after the last. */
  next(): Promise<Uint8Array<ArrayBuffer> | null>;
  /** Also more than once. */
  close(): void;
}

/** A blob, or a part of one, that is about to be read. */
export interface OpenBlob {
  readonly pieces: Pieces;
  /** How many there should be. */
  readonly bytes: number;
  /** The SHA-256, in hexadecimal, that the pieces together should have; null for a part, and where nobody knows. */
  readonly checksum: string | null;
}

/** All of the bytes; null where they are not what they should be. */
export async function readChecked({ pieces, bytes, checksum }: OpenBlob): Promise<Uint8Array<ArrayBuffer> | null> {
  try {
    const hash = createHash("sha256");
    const whole = new Uint8Array(bytes);
    let done = 0;
    for (let piece; (piece = await pieces.next()) !== null;) {
      if (done + piece.length > bytes) return null;
      hash.update(piece);
      whole.set(piece, done);
      done += piece.length;
    }
    return done === bytes && (checksum === null || hash.digest("hex") === checksum) ? whole : null;
  } finally {
    pieces.close();
  }
}

/** The pieces as a stream that fails before its last piece where together they are not what they should be. */
export function streamChecked(
  key: string,
  { pieces, bytes, checksum }: OpenBlob,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const hash = createHash("sha256");
  let left = bytes;
  const check = (good: boolean) => {
    if (!good) throw new GramcastError("STORAGE_UNREADABLE", damageOf(key));
  };
  return new ReadableStream({
    async pull(controller) {
      try {
        const piece = left === 0 ? null : await pieces.next();
        if (piece !== null) hash.update(piece);
        left -= piece?.length ?? 0;
        check(piece === null ? left === 0 : left >= 0);
        if (left === 0) check(checksum === null || hash.digest("hex") === checksum);
        if (piece !== null) controller.enqueue(piece);
        if (left > 0) return;
        pieces.close();
        controller.close();
      } catch (error) {
        pieces.close();
        throw error;
      }
    },
    cancel: () => pieces.close(),
  }, { highWaterMark: 0 });
}

export function damageOf(key: string): string {
  return `Cannot read the blob ${key}: found it damaged, wanted what was put`;
}
