import type { Blobs } from "../transfer_files.ts";

/** Blobs that are forgotten at exit. */
export class MemoryBlobs implements Blobs {
  readonly kept = new Map<string, Uint8Array>();

  put(key: string, bytes: Uint8Array): Promise<void> {
    this.kept.set(key, bytes);
    return Promise.resolve();
  }

  get(key: string): Promise<Uint8Array | null> {
    return Promise.resolve(this.kept.get(key) ?? null);
  }

  remove(key: string): Promise<void> {
    this.kept.delete(key);
    return Promise.resolve();
  }
}
