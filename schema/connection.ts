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

interface ConnectionWords {
  /** As "A transfer". */
  readonly one: string;
  /** Of a page. */
  readonly page: string;
  /** Whether pages can be asked for before a cursor, too. */
  readonly backward?: boolean;
}

/**
 * The types `<name>Edge` and `<name>Connection` of a list.
 *
 * @param node The type of its entries, whose name is `name`.
 */
export function connectionOf<Entry, List extends Slice<Entry> = Slice<Entry>>(
  name: string,
  node: ReturnType<ReturnType<typeof builder.objectRef<Entry>>["implement"]>,
  { one, page, backward = false }: ConnectionWords,
) {
  const edge = builder.objectRef<{ readonly cursor: string; readonly node: Entry }>(`${name}Edge`).implement({
    description: `${one} and its place in the list.`,
    fields: (t) => ({
      cursor: t.exposeString("cursor", {
        description: `Opaque; pass it as \`after\`${backward ? " or `before`" : ""}.`,
      }),
      // What a resolver answers has a type of its own for each kind of entry, which nobody can tell of `Entry`.
      node: t.field({
        type: node,
        description: `${one.replace("A ", "The ")}.`,
        resolve: ({ node }) => node as never,
      }),
    }),
  });
  return builder.objectRef<List>(`${name}Connection`).implement({
    description: page,
    fields: (t) => ({
      edges: t.field({
        type: [edge],
        nullable: { list: false, items: true },
        complexity: { field: 1, multiplier: 1 },
        description: "The entries of this page.",
        resolve: ({ edges }) => edges,
      }),
      pageInfo: t.field({
        type: PageInfo,
        description: "Where this page lies in the whole list.",
        resolve: (page) => page,
      }),
    }),
  });
}

/** Complexity of a connection: everything below it counts once for each entry asked for. */
export function pageComplexity(args: PageRequest): { field: number; multiplier: number } {
  const entries = args.first ?? args.last ?? DEFAULT_PAGE;
  return { field: 1, multiplier: Math.min(Math.max(entries, 1), LIMITS.page.maximum) };
}
