import type { Queries } from "../client.ts";

/** The epoch of the next claim; higher than all before it. */
export async function nextEpoch(queries: Queries): Promise<number> {
  return (await queries.first<{ epoch: number }>("SELECT nextval('epochs') AS epoch"))!.epoch;
}

/** Has a transfer written only under a claim of this epoch from now on, or under none for 0, as the queue does where it is claimed. */
export async function fence(queries: Queries, transferId: string, epoch: number): Promise<void> {
  await queries.run("UPDATE transfers SET epoch = $2 WHERE id = $1", transferId, epoch);
}
