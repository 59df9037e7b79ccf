import type { Log } from "../log.ts";
import type { TransferQueue, TransferStore } from "../storage/ports.ts";
import type { Forecast } from "./forecast.ts";

export interface RecoveryPorts {
  readonly store: TransferStore;
  readonly queue: TransferQueue;
  readonly forecast: Forecast;
  readonly log: Log;
}

/**
 * Brings queue and store together after a stop, however it came: every transfer that has not ended is claimed by a worker
 * that is there or waits; reservations whose transfer was never made are gone.
 *
 * @param workers Of this server.
 */
export async function recover(
  { store, queue, forecast, log }: RecoveryPorts,
  workers: readonly string[],
): Promise<void> {
  await queue.dropUnconfirmed();
  const unfinished = await store.withStatus(["QUEUED", "RUNNING"]);
  if (queue.leaseMilliseconds === null) {
    for (const { id } of unfinished) {
      const holder = await queue.holder(id);
      // Claims last for ever: one may be left of a worker that is there no more.
      if (holder !== null && !workers.includes(holder)) await queue.settle(id);
    }
  }
  const missing = new Set(await queue.missing(unfinished.map(({ id }) => id)));
  for (const record of unfinished) {
    const { id, owner, priority, admitted } = record;
    if (!missing.has(id)) continue;
    await queue.reserve({ id, owner, priority, role: admitted?.role ?? "ADMIN", needs: forecast.needs(record) }, null);
    await queue.confirm(id);
  }
  if (unfinished.length > 0) log.info(`${unfinished.length} unfinished transfers continue`);
}
