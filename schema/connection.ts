import { LIMITS } from "../limits.ts";
import type { PageRequest, Slice } from "../transfers/api.ts";
import { DEFAULT_PAGE } from "../transfers/storage/paging.ts";
import { builder } from "./builder.ts";

const PageInfo = builder.objectRef<Slice<unknown>>("PageInfo").implement({
  description: "Where a page lies in its list.",
  fields: (t) => ({
    hasNextPage: t.exposeBoolean("hasNextPage", { description: "Whether there are entries after this page." }),
    hasPreviousPage: t.exposeBoolean("hasPreviousPage", { description: "Whether there are entries before this page." }),
    startCursor: t.string({
      nullable: true,
      description: "Cursor of the first entry; null on an empty page.",
      resolve: ({ edges }) => edges[0]?.cursor ?? null,
    }),
    endCursor: t.string({
      nullable: true,
      description: "Cursor of the last entry; pass it as `after`; null on an empty page.",
      resolve: ({ edges }) => edges.at(-1)?.cursor ?? null,
    }),
  }),
});

/** The field `pageInfo` of a connection. */
export const PAGE_INFO = { type: PageInfo, description: "Where this page lies in the whole list." } as const;

/** Complexity of a connection: everything below it counts once for each entry asked for. */
export function pageComplexity(args: PageRequest): { field: number; multiplier: number } {
  const entries = args.first ?? args.last ?? DEFAULT_PAGE;
  return { field: 1, multiplier: Math.min(Math.max(entries, 1), LIMITS.page.maximum) };
}
