import { GramcastError } from "../../errors.ts";

/** After which whoever asked may ask again. */
const RETRY_SECONDS = 5;

/** What is said of something outside the program that does not do what it should, and may do it later. */
export function storageUnavailable(message: string, cause?: unknown): GramcastError {
  return new GramcastError("STORAGE_UNAVAILABLE", message, { cause, details: { retryAfter: RETRY_SECONDS } });
}
