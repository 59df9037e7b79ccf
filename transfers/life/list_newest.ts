import type { Page, PageRequest } from "../api.ts";
import { cursorOf, pageRange } from "../storage/paging.ts";
import type { Listed, RangeQuery } from "../storage/ports.ts";

/** Keeps a list that has its entries in the order of creation. */
interface ListStore<Entry, Query extends RangeQuery> {
  list(query: Query): Promise<readonly Listed<Entry>[]>;
}

/**
 * A page of a list, newest first.
 *
 * @param all The query that answers the whole list, but for its range.
 * @param count How many entries the whole list has.
 * @throws {GramcastError} BAD_USER_INPUT
 */
export async function listNewest<Entry, Query extends RangeQuery>(
  store: ListStore<Entry, Query>,
  all: Omit<Query, Exclude<keyof RangeQuery, "owner">>,
  request: PageRequest,
  count: () => Promise<number>,
): Promise<Page<Entry>> {
  const { limit, from, after, before } = pageRange(request);
  const query = { ...all, olderThan: null, newerThan: null, take: "newest" } as const;
  // What `all` leaves out is added here.
  const list = (range: Partial<RangeQuery>) => store.list({ ...query, ...range } as unknown as Query);
  const listed = await list({
    olderThan: after,
    newerThan: before,
    limit,
    take: from === "start" ? "newest" : "oldest",
  });
  const newest = listed[0]?.ordinal;
  const oldest = listed.at(-1)?.ordinal;
  const some = async (range: { olderThan?: number; newerThan?: number }) =>
    (await list({ ...range, limit: 1 })).length > 0;
  return {
    edges: listed.map(({ ordinal, record }) => ({ cursor: cursorOf(ordinal), node: record })),
    hasNextPage: oldest !== undefined && await some({ olderThan: oldest }),
    hasPreviousPage: newest !== undefined && await some({ newerThan: newest }),
    totalCount: await count(),
  };
}
