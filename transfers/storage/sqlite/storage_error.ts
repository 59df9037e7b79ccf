import { GramcastError } from "../../../errors.ts";
import { fileSymptom, writeFault } from "../write_fault.ts";

/** SQLite's code when there is no room for the memory that it shares between processes. */
const IOERR_SHMSIZE = 4874;
const DAMAGED = /malformed|not a database/;

/**
 * What a failure of SQLite or of the file system means to a person: STORAGE_FULL where nothing can be written for now,
 * whatever the reason, STORAGE_UNREADABLE where the database is damaged. Anything else is a bug and comes back as it is.
 */
export function storageError(error: unknown): unknown {
  const symptom = symptomOf(error);
  if (DAMAGED.test(symptom)) return damaged(symptom, error);
  const reason = writeFault(symptom);
  if (reason === undefined) return error;
  return new GramcastError("STORAGE_FULL", `Cannot write to DATA_DIR: found ${reason}, wanted room to write in`, {
    cause: error,
  });
}

/** What a failure means while the storage is opened: STORAGE_UNAVAILABLE where it cannot be written. */
export function openingError(error: unknown): unknown {
  const reason = writeFault(symptomOf(error));
  if (reason === undefined) return storageError(error);
  return new GramcastError(
    "STORAGE_UNAVAILABLE",
    `Cannot use DATA_DIR: found ${reason}, wanted a directory to write in`,
    { field: "DATA_DIR", cause: error },
  );
}

/** @param found What is wrong with the database, in a few words. */
export function damaged(found: string, cause?: unknown): GramcastError {
  return new GramcastError(
    "STORAGE_UNREADABLE",
    `Cannot use gramcast.db in DATA_DIR: found it damaged (${found}), wanted it whole; restore it from a copy`,
    { cause },
  );
}

/** Reads JSON that a row holds. @throws {GramcastError} STORAGE_UNREADABLE */
export function parseStored<T>(json: string): T {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw damaged("a row that cannot be read", cause);
  }
}

/** SQLite's message, since `exec` gives no code; of the file system the code. */
function symptomOf(error: unknown): string {
  if (!(error instanceof Error) || error instanceof GramcastError) return "";
  if (!("code" in error) || error.code !== "ERR_SQLITE_ERROR") return fileSymptom(error);
  return "errcode" in error && error.errcode === IOERR_SHMSIZE ? "ENOSPC" : error.message;
}
