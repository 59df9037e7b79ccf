import type { LogReader } from "./shared_reads.ts";

/** Reads that are made before others have their turn of the event loop, of some 0.1 ms each. */
const AT_ONCE = 10;
/** What they cost, as `LoopTurns` counts. */
const COST = 200;

/**
 * Reads of somebody who follows many transfers, and reads of all of them at once: a few in each turn of the event loop.
 *
 * @param turn Resolves when so much may be done at once.
 */
export function pacedReads(store: LogReader, turn: (cost: number) => Promise<void>): LogReader {
  let reads = 0;
  const paced = async <T>(read: () => Promise<T>): Promise<T> => {
    if (++reads % AT_ONCE === 0) await turn(COST);
    return await read();
  };
  return {
    get: (id) => paced(() => store.get(id)),
    events: (id, after, limit) => paced(() => store.events(id, after, limit)),
  };
}
