import { builder } from "./builder.ts";

/** First letters of the ids of each type that has any; ids are unique over all types. */
const PREFIXES = { Transfer: "tr_", Image: "im_" } as const;

/** Type of the object that an id belongs to; undefined where no object has such an id. */
export function typeOfId(id: string): keyof typeof PREFIXES | undefined {
  return id.startsWith(PREFIXES.Transfer) ? "Transfer" : id.startsWith(PREFIXES.Image) ? "Image" : undefined;
}

/** Anything that can be fetched again by its id. */
export const Node = builder.interfaceRef<{ readonly id: string }>("Node").implement({
  description: "Anything that can be fetched again by its id.",
  resolveType: (value) => typeOfId(value.id),
  fields: (t) => ({
    id: t.exposeID("id", { description: "Unique over all types, and stable." }),
  }),
});

builder.queryField("node", (t) =>
  t.field({
    type: Node,
    nullable: true,
    description: "The object with this id, or null when there is none that the caller may see.",
    args: { id: t.arg.id({ required: true, description: "Id of a Transfer or an Image." }) },
    resolve: (_root, { id }, { owner, transfers }) => {
      switch (typeOfId(id)) {
        case "Transfer":
          return transfers.get(owner, id);
        case "Image":
          return transfers.images.get(owner, id);
        default:
          return null;
      }
    },
  }));
