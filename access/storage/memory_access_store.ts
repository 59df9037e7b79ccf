import type { AuditEntry } from "../../transfers/audit.ts";
import { type AccessStore, KEPT_AUDIT, type KeyRecord, type ShareRecord } from "../ports.ts";

/** Forgets everything at exit. */
export class MemoryAccessStore implements AccessStore {
  readonly #secret = crypto.getRandomValues(new Uint8Array(32));
  readonly #keys = new Map<string, KeyRecord>();
  /** By transfer. */
  readonly #shares = new Map<string, ShareRecord>();
  readonly #audit: AuditEntry[] = [];

  secret(): Promise<Uint8Array> {
    return Promise.resolve(this.#secret);
  }

  async addKey(key: KeyRecord, entry: AuditEntry): Promise<boolean> {
    if (this.#keys.values().some(({ name }) => name === key.name)) return false;
    this.#keys.set(key.id, key);
    await this.addAudit(entry);
    return true;
  }

  keys(): Promise<readonly KeyRecord[]> {
    return Promise.resolve([...this.#keys.values()]);
  }

  keyByHash(hash: string): Promise<KeyRecord | null> {
    return Promise.resolve(this.#keys.values().find((key) => key.hash === hash) ?? null);
  }

  keyById(id: string): Promise<KeyRecord | null> {
    return Promise.resolve(this.#keys.get(id) ?? null);
  }

  async removeKey(id: string, entry: AuditEntry): Promise<boolean> {
    const removed = this.#keys.delete(id);
    if (removed) await this.addAudit(entry);
    return removed;
  }

  keyUsed(id: string, at: number): Promise<void> {
    const key = this.#keys.get(id);
    if (key) this.#keys.set(id, { ...key, lastUsedAt: at });
    return Promise.resolve();
  }

  putShare(share: ShareRecord): Promise<void> {
    this.#shares.set(share.transferId, share);
    return Promise.resolve();
  }

  shareById(id: string): Promise<ShareRecord | null> {
    return Promise.resolve(this.#shares.values().find((share) => share.id === id) ?? null);
  }

  shareOf(transferId: string): Promise<ShareRecord | null> {
    return Promise.resolve(this.#shares.get(transferId) ?? null);
  }

  removeShareOf(transferId: string): Promise<void> {
    this.#shares.delete(transferId);
    return Promise.resolve();
  }

  addAudit(entry: AuditEntry): Promise<void> {
    if (this.#audit.push(entry) > KEPT_AUDIT) this.#audit.shift();
    return Promise.resolve();
  }

  audit(newest: number): Promise<readonly AuditEntry[]> {
    return Promise.resolve(newest === 0 ? [] : this.#audit.slice(-newest));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
