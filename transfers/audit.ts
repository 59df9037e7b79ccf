import type { Caller } from "./caller.ts";

/** What callers do that is kept: whatever lasts and could be asked about later. */
export type AuditedAction =
  | "start"
  | "cancel"
  | "resume"
  | "retune"
  | "delete"
  | "start batch"
  | "cancel batch"
  | "delete batch"
  | "share"
  | "unshare"
  | "create webhook"
  | "rotate webhook secret"
  | "delete webhook"
  | "create key"
  | "revoke key";

/**
 * Keeps that a caller has done something. It never fails: what is done is done.
 *
 * @param subject The id of a transfer, a batch or a webhook, or the name of a key; never a secret.
 */
export type Recorder = (action: AuditedAction, subject: string) => Promise<void>;

/** Who did what to what, and when. */
export interface AuditEntry extends Pick<Caller, "name" | "owner" | "role"> {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly action: AuditedAction;
  readonly subject: string;
}

/** For whoever is not asked about. */
export const NOT_RECORDED: Recorder = () => Promise.resolve();
