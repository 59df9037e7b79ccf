import type { AccessStore, KeyRecord, ShareRecord } from "../ports.ts";

/** Forgets everything at exit. */
export class MemoryAccessStore implements AccessStore {
  readonly #secret = crypto.getRandomValues(new Uint8Array(32));
  readonly #keys = new Map<string, KeyRecord>();
  /** By transfer. */
  readonly #shares = new Map<string, ShareRecord>();

  secret(): Promise<Uint8Array> {
    return Promise.resolve(this.#secret);
  }

  addKey(key: KeyRecord): Promise<boolean> {
    const free = this.#keys.values().every(({ name }) => name !== key.name);
    if (free) this.#keys.set(key.id, key);
    return Promise.resolve(free);
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

  removeKey(id: string): Promise<boolean> {
    return Promise.resolve(this.#keys.delete(id));
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

  close(): Promise<void> {
    return Promise.resolve();
  }
}
