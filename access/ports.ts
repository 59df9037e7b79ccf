/**
 * What the access layer needs to have kept. `storage/` has the adapters, `conformance/` the suite that each passes.
 * Everything is looked up by what a request shows, on every request: what is revoked is refused from then on.
 *
 * @module
 */
import type { AuditEntry } from "../transfers/audit.ts";
import type { Role } from "../transfers/caller.ts";
import type { Owner } from "../transfers/types.ts";

/** An API key, without the key. Times in milliseconds since the epoch. */
export interface KeyRecord {
  readonly id: string;
  /** Unique among the keys. */
  readonly name: string;
  /** `hashApiKey` of the key. */
  readonly hash: string;
  readonly owner: Owner;
  readonly role: Role;
  readonly createdAt: number;
  /** Null for one that does not expire. */
  readonly expiresAt: number | null;
  /** Null before its first use; to the minute. */
  readonly lastUsedAt: number | null;
}

/** A transfer that anybody with its link may follow. */
export interface ShareRecord {
  readonly id: string;
  readonly transferId: string;
  readonly owner: Owner;
  readonly createdAt: number;
  readonly expiresAt: number | null;
}

/** Entries of the audit that are kept: the newest. */
export const KEPT_AUDIT = 100_000;

export interface AccessStore {
  /** 32 random bytes that links are signed with, the same for ever. */
  secret(): Promise<Uint8Array>;
  /** Answers whether it was added: not where the name is taken. Then the entry is kept too, with it or not at all. */
  addKey(key: KeyRecord, entry: AuditEntry): Promise<boolean>;
  /** Oldest first. */
  keys(): Promise<readonly KeyRecord[]>;
  keyByHash(hash: string): Promise<KeyRecord | null>;
  keyById(id: string): Promise<KeyRecord | null>;
  /** Answers whether there was one. Then the entry is kept too, as that of `addKey`. */
  removeKey(id: string, entry: AuditEntry): Promise<boolean>;
  keyUsed(id: string, at: number): Promise<void>;

  /** Keeps a share in place of the one that its transfer has. */
  putShare(share: ShareRecord): Promise<void>;
  shareById(id: string): Promise<ShareRecord | null>;
  shareOf(transferId: string): Promise<ShareRecord | null>;
  removeShareOf(transferId: string): Promise<void>;

  addAudit(entry: AuditEntry): Promise<void>;
  /** The newest of at most `KEPT_AUDIT`, oldest first. */
  audit(newest: number): Promise<readonly AuditEntry[]>;
  close(): Promise<void>;
}
