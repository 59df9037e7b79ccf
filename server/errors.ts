import { GraphQLError, type GraphQLFormattedError } from "graphql";
import { type ErrorCode, type ErrorFacts, GramcastError } from "../errors.ts";
import { type Log, oneLine } from "../transfers/log.ts";

/** Codes of errors that the server itself, or GraphQL, answers with, beside those of `ErrorCode`. */
export const SERVER_ERROR_CODES = {
  BAD_REQUEST: {
    when: "request",
    meaning: "not JSON, no operation, a broken multipart body, an unsupported content type",
    remedy: "fix the client",
  },
  GRAPHQL_PARSE_FAILED: { when: "request", meaning: "the document is not GraphQL", remedy: "fix the document" },
  GRAPHQL_VALIDATION_FAILED: {
    when: "request",
    meaning: "the document does not fit this schema",
    remedy: "fix the document",
  },
  INTERNAL: { when: "request", meaning: "a bug; what happened is in the server's log", remedy: "report it" },
  OPERATION_RESOLUTION_FAILURE: {
    when: "request",
    meaning: "no operation of the given name, or several and no name",
    remedy: "send `operationName`",
  },
  PERSISTED_QUERY_NOT_FOUND: {
    when: "request",
    meaning: "no such document",
    remedy: "send the `query` with its hash; for a trusted document, check the file on the server",
  },
  RATE_LIMITED: {
    when: "request",
    meaning:
      "too much in too short a time (`extensions.rateLimit`), too many subscriptions on the server, operations on a socket, or bytes held for all",
    remedy: "wait for `Retry-After`, or `rateLimit.retryAfter` seconds ([rates](shares.md#rates)); close some",
  },
  REQUEST_ENTITY_TOO_LARGE: {
    when: "request",
    meaning: "a body of too many bytes",
    remedy: "send pictures as multipart",
  },
} as const satisfies Readonly<Record<string, ErrorFacts>>;

export type ServerErrorCode = keyof typeof SERVER_ERROR_CODES | ErrorCode;

const INTERNAL_MESSAGE = "Cannot answer: found an internal error, which has been logged";
/** Characters of one word of it, or of one text in it. */
const MAX_QUOTE = 40;
const LONG = new RegExp(`[^\\s]{${MAX_QUOTE},}|"[^"]{${MAX_QUOTE},}"`, "g");
/** Characters of a message that quotes what a client has sent. */
const MAX_MESSAGE = 500;

/** An error of the server; `status` is that of the HTTP response, where the error is all there is to answer. */
export function serverError(code: ServerErrorCode, message: string, status = 400): GraphQLError {
  return new GraphQLError(message, { extensions: { code, http: { status } } });
}

export const BUSY =
  "Cannot hold more for all connections together: wanted fewer or smaller requests at once; try again";

/** The refusal of what does not fit beside what is held for others. */
export function busy(): GraphQLError {
  return serverError("RATE_LIMITED", BUSY, 503);
}

/**
 * What a client gets to see of an error: a `GramcastError` with its code and field, GraphQL's own errors as they are,
 * and of anything else only that it happened.
 */
export function maskError(error: unknown): GraphQLError {
  const cause = originOf(error);
  const place = error instanceof GraphQLError ? placeOf(error) : {};
  if (cause instanceof GramcastError) {
    const extensions = {
      ...cause.details,
      code: cause.code,
      ...(cause.field === undefined ? {} : { field: cause.field }),
      ...retryOf(cause),
    };
    return new GraphQLError(cause.message, { ...place, extensions });
  }
  if (error instanceof GraphQLError && cause instanceof GraphQLError) {
    // The outer message says where, as in `Variable "$input" has invalid value at .size: …`. Values are quoted in full.
    const message = clip(error.message);
    if (message === error.message && typeof error.extensions["code"] === "string") return error;
    const code = message.startsWith("Syntax Error") ? "GRAPHQL_PARSE_FAILED" : "BAD_USER_INPUT";
    return new GraphQLError(message, { ...place, extensions: { code, ...error.extensions } });
  }
  return new GraphQLError(INTERNAL_MESSAGE, { ...place, extensions: { code: "INTERNAL" } });
}

/** How an answer says that the same may go well later, where it knows when. */
function retryOf(error: GramcastError) {
  const headers = retryHeaders(error);
  return headers === null ? {} : { http: { status: 503, headers } };
}

/** Null where an error does not say when the same may go well. */
export function retryHeaders({ code, details }: GramcastError): Record<string, string> | null {
  const seconds = details["retryAfter"];
  return code === "STORAGE_UNAVAILABLE" && typeof seconds === "number" ? { "retry-after": String(seconds) } : null;
}

/** Whether an error is a bug: neither one that a client can act on, nor one of GraphQL itself, nor that the client left. */
export function isInternal(error: unknown): boolean {
  const cause = originOf(error);
  if (cause instanceof DOMException && cause.name === "AbortError") return false;
  return !(cause instanceof GramcastError || cause instanceof GraphQLError);
}

/** Writes a bug to the log, with the place it comes from. */
export function logInternal(log: Log, error: unknown): void {
  const cause = originOf(error);
  const place = cause instanceof Error
    ? cause.stack?.split("\n").find((line) => line.startsWith("    at "))
    : undefined;
  const name = cause instanceof Error ? `${cause.name}: ` : "";
  log.warn(`Internal error: ${name}${oneLine(cause)}${place ? `,${place.replace(/^ +/, " ")}` : ""}`);
}

/** An error as it is sent; `http` concerns HTTP only. */
export function formatError(error: GraphQLError | GraphQLFormattedError): GraphQLFormattedError {
  const { extensions, ...rest } = error instanceof GraphQLError ? error.toJSON() : error;
  const { http: _, ...shown } = extensions ?? {};
  return { ...rest, extensions: shown };
}

/** One of GraphQL's own errors, as it may be told. */
export function clipped(error: GraphQLError): GraphQLError {
  const message = clip(error.message);
  if (message === error.message) return error;
  return new GraphQLError(message, { ...placeOf(error), extensions: error.extensions });
}

/** A message of GraphQL's own, without literals at length. */
function clip(whole: string): string {
  const message = whole.replaceAll(LONG, (text) => `${text.slice(0, MAX_QUOTE - 1)}…`);
  return message.length > MAX_MESSAGE ? `${message.slice(0, MAX_MESSAGE - 1)}…` : message;
}

function placeOf({ nodes, source, positions, path }: GraphQLError) {
  return { nodes: nodes ?? null, source: source ?? null, positions: positions ?? null, path: path ?? null };
}

/** The error that a resolver threw, out of the one that GraphQL wraps around it. */
function originOf(error: unknown): unknown {
  let cause = error;
  while (cause instanceof GraphQLError) {
    const inner: unknown = cause.originalError ?? cause.cause;
    if (inner === undefined || inner === null || inner === cause) return cause;
    cause = inner;
  }
  return cause;
}
