import type { Log } from "../log.ts";
import type { TransferQueue, TransferStore } from "../storage/ports.ts";

/**
 * Brings queue and store together after a stop, however it came: every transfer that has not ended is claimed by a
 * worker of this server or waits; reservations whose transfer was never made are gone.
 */
export async function recover(
  store: TransferStore,
  queue: TransferQueue,
  workers: readonly string[],
  log: Log,
): Promise<void> {
  await queue.dropUnconfirmed();
  const known = new Set(await queue.waiting());
  for (const worker of workers) for (const id of await queue.claimed(worker)) known.add(id);
  const unfinished = await store.withStatus(["QUEUED", "RUNNING"]);
  for (const { id, owner, priority, admitted } of unfinished) {
    if (known.has(id)) continue;
    // A claim may be left of a worker that is there no more.
    await queue.settle(id);
    await queue.reserve({ id, owner, priority, role: admitted?.role ?? "ADMIN" }, null);
    await queue.confirm(id);
  }
  if (unfinished.length > 0) log.info(`${unfinished.length} unfinished transfers continue`);
}
