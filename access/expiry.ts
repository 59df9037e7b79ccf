import { GramcastError } from "../errors.ts";

/** Whether something has ended. @param expiresAt Milliseconds since the epoch; null for never. */
export function hasExpired(expiresAt: number | null, now: number): boolean {
  return expiresAt !== null && expiresAt <= now;
}

/** @param what As in "Cannot make a key". @throws {GramcastError} BAD_USER_INPUT for an end that is over already. */
export function checkEnd(what: string, expiresAt: number | null, now: number): void {
  if (!hasExpired(expiresAt, now)) return;
  throw new GramcastError("BAD_USER_INPUT", `Cannot ${what}: found an end in the past, wanted one to come`, {
    field: "expires",
  });
}
