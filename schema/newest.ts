import { GramcastError } from "../errors.ts";
import type { PageRequest, Slice } from "../transfers/api.ts";

/** Stands for the id of what the caller started last, so that an example can be run without copying one. */
export const NEWEST = "newest";

/**
 * The id that is meant by an id.
 *
 * @param what As in "Cannot follow the newest transfer".
 * @param start The mutation that starts one.
 * @param list The caller's, newest first.
 * @throws {GramcastError} NOT_FOUND
 */
export async function idOf(
  id: string,
  { what, start, list }: {
    readonly what: string;
    readonly start: string;
    readonly list: (page: PageRequest) => Promise<Slice<{ readonly id: string }>>;
  },
): Promise<string> {
  if (id !== NEWEST) return id;
  const newest = (await list({ first: 1 })).edges[0];
  if (newest) return newest.node.id;
  throw new GramcastError("NOT_FOUND", `Cannot follow the newest ${what}: found none, wanted one from ${start}`, {
    field: "id",
  });
}
