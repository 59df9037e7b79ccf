import type { Queries } from "../client.ts";

/** Resolves when a call waits for what another session of its database has locked, or is over without having had to. */
export async function lockWaits(queries: Queries, call: Promise<unknown>): Promise<void> {
  let over = false;
  const end = () => over = true;
  call.then(end, end);
  const sql = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
  while (!over && await queries.first(sql) === undefined);
}
