import { createHash } from "node:crypto";
import { setImmediate } from "node:timers/promises";

/** Bytes that are hashed in one go: a millisecond or a few. */
const TURN_BYTES = 2 ** 20;

/**
 * SHA-256 in hexadecimal. Others get their turns between the pieces: WebCrypto would compute it on another thread, from a
 * copy of all of it, and in twice the time.
 */
export async function sha256Hex(bytes: Uint8Array): Promise<string> {
  const hash = createHash("sha256");
  for (let start = 0; start < bytes.length; start += TURN_BYTES) {
    if (start > 0) await setImmediate();
    hash.update(bytes.subarray(start, start + TURN_BYTES));
  }
  return hash.digest("hex");
}
