import { GramcastError } from "../errors.ts";
import type { Page, PageRequest } from "../transfers/api.ts";
import { bounded, boundedText } from "./arguments.ts";
import { builder } from "./builder.ts";

/** Entries of a page when the caller names no number, and at most. */
const DEFAULT_PAGE = 20;
const MAX_PAGE = 100;
const MAX_CURSOR = 256;

const PageInfo = builder.objectRef<Page<unknown>>("PageInfo").implement({
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
      description: "Cursor of the last entry, to be passed as `after`; null on an empty page.",
      resolve: ({ edges }) => edges.at(-1)?.cursor ?? null,
    }),
  }),
});

/** Paging arguments as a resolver gets them. */
export interface PageArguments {
  readonly first?: number | null | undefined;
  readonly after?: string | null | undefined;
  readonly last?: number | null | undefined;
  readonly before?: string | null | undefined;
}

/** The field `pageInfo` of a connection. */
export const PAGE_INFO = { type: PageInfo, description: "Where this page lies in the whole list." } as const;

/**
 * Checks the paging arguments of a connection and fills in the page's length.
 *
 * @throws {GramcastError} BAD_USER_INPUT with the argument at fault.
 */
export function pageRequest(args: PageArguments): PageRequest {
  const first = bounded("first", args.first, 0, MAX_PAGE);
  const last = bounded("last", args.last, 0, MAX_PAGE);
  if (first !== null && last !== null) {
    throw new GramcastError("BAD_USER_INPUT", "Cannot use first beside last: wanted one of them", { field: "last" });
  }
  return {
    first: first ?? (last === null ? DEFAULT_PAGE : null),
    last,
    after: boundedText("after", args.after, 1, MAX_CURSOR),
    before: boundedText("before", args.before, 1, MAX_CURSOR),
  };
}

/** Complexity of a connection: everything below it counts once for each entry asked for. */
export function pageComplexity(args: PageArguments): { field: number; multiplier: number } {
  const entries = args.first ?? args.last ?? DEFAULT_PAGE;
  return { field: 1, multiplier: Math.min(Math.max(entries, 1), MAX_PAGE) };
}
