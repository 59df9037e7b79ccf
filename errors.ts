/** Codes that a client can act on. They are part of the public contract: never rename one. */
export type ErrorCode =
  | "BAD_USER_INPUT"
  | "CHECKPOINT_UNREADABLE"
  | "CONFLICT"
  | "ENGINE_CRASHED"
  | "ENGINE_HUNG"
  | "ENGINE_OUT_OF_MEMORY"
  | "ENGINE_UNAVAILABLE"
  | "IMAGE_TOO_LARGE"
  | "IMAGE_UNREACHABLE"
  | "IMAGE_UNREADABLE"
  | "LOSS_NOT_FINITE"
  | "NOT_FOUND"
  | "QUERY_TOO_COMPLEX"
  | "QUEUE_FULL"
  | "STORAGE_FULL"
  | "STORAGE_UNAVAILABLE"
  | "STORAGE_UNREADABLE"
  | "TOO_LARGE"
  | "WEIGHTS_INCOMPLETE"
  | "WEIGHTS_UNREADABLE";

/**
 * A failure that somebody can act on: the message says in one line what was given and what is wanted, and never holds a
 * stack or a path of the server. Everything that is not a `GramcastError` is a bug and is masked from clients.
 */
export class GramcastError extends Error {
  /** Stable code, shown to clients as `extensions.code`. */
  readonly code: ErrorCode;
  /** The input field at fault, as `styles.0.weight`, where there is one. */
  readonly field: string | undefined;

  constructor(code: ErrorCode, message: string, options: { field?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "GramcastError";
    this.code = code;
    this.field = options.field;
  }
}
