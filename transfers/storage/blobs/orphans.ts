import type { BlobStore } from "./ports.ts";

/** Milliseconds after a put within which a row has to point to the blob. */
export const ORPHAN_MILLISECONDS = 60 * 60 * 1000;
/** Keys that are asked for at once. */
const BATCH_KEYS = 500;
/** Blobs that are removed at once. */
const REMOVALS = 4;

/** Which of these keys rows point to, by what is committed. */
export type PointedTo = (keys: readonly string[]) => Promise<ReadonlySet<string>>;

export interface RemovedOrphans {
  readonly count: number;
  readonly bytes: number;
}

/**
 * Removes blobs that no row points to: of puts whose row never came, and of rows whose server stopped before it removed
 * theirs. It holds a batch of keys at a time; several servers may be at it at once.
 *
 * @param prefix Looks at keys that begin with it only.
 * @param signal Ends it between two batches.
 * @throws {GramcastError} STORAGE_UNAVAILABLE; what has been removed by then was an orphan.
 */
export async function removeOrphans(
  blobs: BlobStore,
  pointedTo: PointedTo,
  { prefix = "", signal }: { readonly prefix?: string; readonly signal?: AbortSignal } = {},
): Promise<RemovedOrphans> {
  let count = 0;
  let bytes = 0;
  let batch = new Map<string, number>();
  const settle = async () => {
    signal?.throwIfAborted();
    const pointed = await pointedTo([...batch.keys()]);
    const orphans = [...batch].filter(([key]) => !pointed.has(key));
    batch = new Map();
    const next = orphans.values();
    await Promise.all(Array.from({ length: REMOVALS }, async () => {
      for (const [key, size] of next) {
        await blobs.remove(key);
        count++;
        bytes += size;
      }
    }));
  };
  for await (const entry of blobs.list(prefix)) {
    if (entry.age <= ORPHAN_MILLISECONDS) continue;
    batch.set(entry.key, entry.bytes);
    if (batch.size === BATCH_KEYS) await settle();
  }
  if (batch.size > 0) await settle();
  return { count, bytes };
}
