import type { Page, PageRequest } from "../api.ts";
import { cursorOf, pageRange } from "../storage/paging.ts";
import type { TransferStore } from "../storage/ports.ts";
import type { Owner, TransferRecord, TransferStatus } from "../types.ts";

/** A page of an owner's transfers, or of all where it is null, newest first. @throws {GramcastError} BAD_USER_INPUT */
export async function listTransfers(
  store: TransferStore,
  owner: Owner | null,
  request: PageRequest,
  statuses: readonly TransferStatus[] | null,
): Promise<Page<TransferRecord>> {
  const { limit, from, after, before } = pageRange(request);
  const query = { owner, statuses, olderThan: null, newerThan: null, take: "newest" } as const;
  const listed = await store.list({
    ...query,
    olderThan: after,
    newerThan: before,
    limit,
    take: from === "start" ? "newest" : "oldest",
  });
  const newest = listed[0]?.ordinal;
  const oldest = listed.at(-1)?.ordinal;
  const some = async (range: { olderThan?: number; newerThan?: number }) =>
    (await store.list({ ...query, ...range, limit: 1 })).length > 0;
  return {
    edges: listed.map(({ ordinal, record }) => ({ cursor: cursorOf(ordinal), node: record })),
    hasNextPage: oldest !== undefined && await some({ olderThan: oldest }),
    hasPreviousPage: newest !== undefined && await some({ newerThan: newest }),
    totalCount: await store.count(owner, statuses),
  };
}
