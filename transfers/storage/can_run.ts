import type { Claimant, QueueEntry } from "./ports.ts";

/** Whether a worker has what an entry needs. */
export function canRun({ memoryBytes, layers }: Claimant, { needs }: Pick<QueueEntry, "needs">): boolean {
  return (memoryBytes === null || needs.memoryBytes <= memoryBytes) &&
    (layers === null || needs.layers.every((layer) => layers.includes(layer)));
}
