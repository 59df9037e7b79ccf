import type { Queries } from "../client.ts";

/** Resolves when so many sessions of this database wait for what another has locked. */
export async function lockWaits(queries: Queries, sessions = 1): Promise<void> {
  const sql = `SELECT count(*) AS waiting FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'`;
  while ((await queries.first<{ waiting: number }>(sql))!.waiting < sessions);
}
