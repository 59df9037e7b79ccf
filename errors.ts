/** What whoever meets an error should know; in Markdown, for docs/api.md. */
export interface ErrorFacts {
  /** What it is the answer to: a request, a transfer that has failed, or a start of the server. */
  readonly when: "request" | "transfer" | "start";
  readonly meaning: string;
  /** What to do about it. */
  readonly remedy: string;
}

/** Codes that a client can act on. They are part of the public contract: never rename one. */
export const ERROR_CODES = {
  BAD_USER_INPUT: { when: "request", meaning: "a value that cannot be used", remedy: "change the value of `field`" },
  CHECKPOINT_UNREADABLE: { when: "transfer", meaning: "its checkpoint is damaged", remedy: "start it again" },
  CONFLICT: {
    when: "request",
    meaning:
      "the transfer is in the wrong state for this, the `idempotencyKey` was used with other input, or there are too many webhooks",
    remedy: "look at its status; take a new key; delete a webhook",
  },
  ENGINE_CRASHED: {
    when: "transfer",
    meaning: "its process ended three times without progress",
    remedy: "resume it, perhaps smaller",
  },
  ENGINE_HUNG: {
    when: "transfer",
    meaning: "it gave no sign of life, or missed the deadline of a step, three times",
    remedy: "resume it, perhaps smaller",
  },
  ENGINE_OUT_OF_MEMORY: {
    when: "transfer",
    meaning: "it took more than `ENGINE_MEMORY_BYTES`, three times",
    remedy: "start a smaller one, or raise the limit",
  },
  ENGINE_UNAVAILABLE: {
    when: "request",
    meaning: "there is no engine that works, or the server is stopping",
    remedy: "try again later",
  },
  FORBIDDEN: {
    when: "request",
    meaning: "the caller may not do this, or a page of another origin asks, or for an unknown host name",
    remedy: "use a key of the role that the message names; set `CORS_ORIGINS`, or `PUBLIC_URL`",
  },
  FORMAT_UNAVAILABLE: {
    when: "request",
    meaning:
      "this server cannot write that format: it has no FFmpeg, or that failed or took too long, which its log tells",
    remedy: "take another format, such as WebP or GIF; set `FFMPEG`",
  },
  IMAGE_TOO_LARGE: {
    when: "request",
    meaning:
      "more bytes or pixels than `MAX_IMAGE_BYTES`, `MAX_IMAGE_PIXELS`, a side of more than 65,535, or a GIF or WebP of more than 5,000 frames",
    remedy: "send a smaller picture",
  },
  IMAGE_UNREACHABLE: {
    when: "request",
    meaning: "the URL does not answer, is not public, or returns no picture",
    remedy: "send the picture itself",
  },
  IMAGE_UNREADABLE: {
    when: "request",
    meaning: "damaged, or of a format that is [not read](pictures.md#what-is-refused)",
    remedy: "save it as PNG or JPEG",
  },
  ISSUER_UNAVAILABLE: {
    when: "request",
    meaning: "who issued the token does not answer, so that it cannot be checked",
    remedy: "try again later; see the server's log",
  },
  LOSS_NOT_FINITE: {
    when: "transfer",
    meaning: "a loss became infinite or NaN; the last good picture is kept",
    remedy: "a lower learning rate, smaller weights",
  },
  NOT_FOUND: {
    when: "request",
    meaning: "no such transfer, batch, image, sample, webhook or delivery, or another owner's",
    remedy: "check the id",
  },
  QUERY_TOO_COMPLEX: {
    when: "request",
    meaning: "an operation of too many fields, levels, pictures (below)",
    remedy: "ask for less at once",
  },
  QUEUE_FULL: { when: "request", meaning: "the queue is full", remedy: "try again later" },
  QUOTA_EXCEEDED: {
    when: "request",
    meaning: "the caller's share of the server is used up; `extensions.share` says which one, how much, and until when",
    remedy: "wait until `share.resetsAt`, or free some ([shares](shares.md))",
  },
  STORAGE_FULL: { when: "request", meaning: "the server's disk is full", remedy: "delete transfers, or make room" },
  STORAGE_UNAVAILABLE: {
    when: "request",
    meaning:
      "the database, or what has pictures, does not answer; at a start also: `DATA_DIR` cannot be written, or another server uses it",
    remedy:
      "try again after `Retry-After`, or `extensions.retryAfter` seconds; choose another folder, or stop the other server",
  },
  STORAGE_UNREADABLE: {
    when: "start",
    meaning: "the database is damaged, or of a newer version",
    remedy: "take the newer version, or another folder",
  },
  TOO_LARGE: {
    when: "request",
    meaning: "the transfer would not fit into the engine's memory; the message says which size would",
    remedy: "take a smaller `size`",
  },
  UNAUTHENTICATED: {
    when: "request",
    meaning: "no key or token, or one that is not valid, any more or at all",
    remedy: "send `Authorization: Bearer` with a valid one ([access](access.md))",
  },
  WEIGHTS_INCOMPLETE: {
    when: "request",
    meaning: "the network in use lacks a layer that is asked for",
    remedy: "take other layers, or other weights",
  },
  WEIGHTS_UNREADABLE: {
    when: "start",
    meaning: "the file of `WEIGHTS` cannot be read, or is not VGG16",
    remedy: "name another file",
  },
} as const satisfies Readonly<Record<string, ErrorFacts>>;

export type ErrorCode = keyof typeof ERROR_CODES;

/**
 * A failure that its reader can act on: the message says in one line what was given and what is wanted, and never holds a
 * stack or a path of the server. Everything that is not a `GramcastError` is a bug and is masked from clients.
 */
export class GramcastError extends Error {
  /** Stable code, shown to clients as `extensions.code`. */
  readonly code: ErrorCode;
  /** The input field at fault, as `styles.0.weight`, where there is one. */
  readonly field: string | undefined;
  /** What else clients are told in `extensions`. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: ErrorCode,
    message: string,
    options: { field?: string; cause?: unknown; details?: Readonly<Record<string, unknown>> } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "GramcastError";
    this.code = code;
    this.field = options.field;
    this.details = options.details ?? {};
  }
}
