import type { Caller } from "../transfers/caller.ts";

/** What a request shows of who sends it. */
export interface Credentials {
  /** `Bearer …`, of the header or of `connection_init`; null where there is none. */
  readonly authorization: string | null;
  /** What is asked for, which a signature in it may open; null where only `authorization` counts. */
  readonly url: URL | null;
}

/** Who sends a request. */
export interface Identity {
  readonly caller: Caller;
  /** Milliseconds since the epoch; null where it does not expire. */
  readonly expiresAt: number | null;
  /** The key or the share that it comes from, without which it ends; null for none that is kept here. */
  readonly origin: string | null;
}

/** One way to show who one is. */
export interface Authenticator {
  /**
   * Who has a bearer token; undefined when it is of another kind.
   *
   * @throws {GramcastError} UNAUTHENTICATED, FORBIDDEN, ISSUER_UNAVAILABLE
   */
  identify(token: string): Promise<Identity | undefined>;
  /** Whom what an identity comes from stands for now; null where it is gone, or another's. */
  recall(origin: string): Promise<Identity | null>;
}
