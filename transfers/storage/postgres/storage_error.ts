import { GramcastError } from "../../../errors.ts";
import { storageUnavailable } from "../unavailable.ts";

/** What PostgreSQL's codes (SQLSTATE) mean that are no bug: the first that a code begins with counts. */
const UNAVAILABLE: readonly (readonly [string, string])[] = [
  ["08", "its connection broken"],
  ["53300", "too many connections to it"],
  ["53", "it short of resources"],
  ["57P01", "it shutting down"],
  ["57P02", "it restarting after a crash"],
  ["57P03", "it starting or shutting down"],
  ["57P04", "it gone"],
  ["57P05", "its connection closed since it was idle"],
  ["57014", "it too slow to answer"],
  ["55P03", "what is to be changed locked for too long"],
  ["25P03", "a transaction idle for too long"],
  ["25006", "it read-only"],
  ["28", "this user or password refused"],
  ["3D000", "no database of this name"],
  ["3F000", "no right to its tables"],
  ["42501", "no right to do this"],
  ["40", "others changing the same at once, again and again"],
  ["58", "its disk failing"],
];

/** Failures of the connection, by their code or by a part of their message. */
const CONNECTION: readonly (readonly [RegExp, string])[] = [
  [/ECONNREFUSED|ENOENT/, "nothing that answers at its address"],
  [/ENOTFOUND|EAI_AGAIN/, "no address for its name"],
  [/EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL/, "no way to its address"],
  [/ECONNRESET|EPIPE|ECONNABORTED|Connection terminated unexpectedly|not queryable/, "its connection broken"],
  [/ETIMEDOUT|due to connection timeout|Query read timeout|timeout expired/, "no answer in time"],
  [/SASL: .*password/, "no password where it asks for one"],
  [/NotCapable|Requires net access|EPERM|EACCES/, "no permission to reach its address"],
  [/timeout exceeded when trying to connect/, "all connections to it busy"],
  [/certificate|CERT_|ALTNAME|UNABLE_TO_/i, "a certificate that is not trusted, or is another's"],
  [/does not support SSL|SSL|TLS/i, "no encryption that both sides accept"],
];

/**
 * What a failure of PostgreSQL or of the way to it means to a person: STORAGE_FULL where its disk is full,
 * STORAGE_UNREADABLE where its files are damaged, STORAGE_UNAVAILABLE where it may work again later. Anything else is a bug
 * and comes back as it is. No message says where the database is or who asks it.
 */
export function storageError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof GramcastError) return error;
  const state = sqlState(error);
  if (state === null) {
    const symptom = `${error.name} ${codeOf(error)} ${error.message}`;
    const found = CONNECTION.find(([pattern]) => pattern.test(symptom))?.[1];
    return found === undefined ? error : unavailable(found, error);
  }
  if (state === "53100") {
    return new GramcastError(
      "STORAGE_FULL",
      "Cannot write to the database: found no space left on its disk, wanted room to write in",
      { cause: error },
    );
  }
  if (state.startsWith("XX00") && state !== "XX000") {
    return new GramcastError(
      "STORAGE_UNREADABLE",
      "Cannot use the database: found it damaged, wanted it whole; restore it from a copy",
      { cause: error },
    );
  }
  const found = UNAVAILABLE.find(([beginning]) => state.startsWith(beginning))?.[1];
  return found === undefined ? error : unavailable(`${found} (${state})`, error);
}

/** What a failure means while the database is opened: then it is the address that may be wrong. */
export function openingError(error: unknown): unknown {
  const known = storageError(error);
  if (!(known instanceof GramcastError) || known.code !== "STORAGE_UNAVAILABLE" || known.field !== undefined) {
    return known;
  }
  return new GramcastError(known.code, known.message.replace(WANTED, "wanted DATABASE_URL to name one that answers"), {
    field: "DATABASE_URL",
    cause: known.cause,
    details: known.details,
  });
}

const WANTED = "wanted it to answer; try again later";

/** @param found What is wrong, in a few words that may follow "found". */
export function unavailable(found: string, cause?: unknown): GramcastError {
  return storageUnavailable(`Cannot use the database: found ${found}, ${WANTED}`, cause);
}

/** Whether a transaction that ended with this has changed nothing and may go well when it is tried again. */
export function isPassing(error: unknown): boolean {
  const state = sqlState(error);
  // A migration by a newer release has changed a table that a prepared statement reads.
  if (state === "0A000") return error instanceof Error && error.message.includes("cached plan");
  return state === "40001" || state === "40P01";
}

/** Whether a connection is of no use any more after this. */
export function breaksConnection(error: unknown): boolean {
  const state = sqlState(error);
  if (state === null || state === "0A000") return true;
  const severity = error instanceof Error && "severity" in error ? error.severity : "";
  return severity === "FATAL" || severity === "PANIC";
}

/** The constraint that a change would have violated; null when it failed for another reason. */
export function violated(error: unknown): string | null {
  if (sqlState(error)?.startsWith("23") !== true) return null;
  return error instanceof Error && "constraint" in error ? String(error.constraint) : null;
}

/** PostgreSQL's own code; null for what did not come from it. */
function sqlState(error: unknown): string | null {
  const code = codeOf(error);
  return /^[0-9A-Z]{5}$/.test(code) && error instanceof Error && "severity" in error ? code : null;
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
