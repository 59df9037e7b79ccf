import { builder } from "./builder.ts";
import type { Context } from "./context.ts";

/** An object with an id of its own; the name of its type travels with it, for an id alone does not tell it. */
interface NodeValue {
  readonly __typename: string;
  readonly id: string;
}

type FindNode = (context: Context, id: string) => Promise<{ readonly id: string } | null>;

/** How the objects of each type are found by their ids. */
const types = new Map<string, FindNode>();

/** Anything that can be fetched by its id. */
export const Node = builder.interfaceRef<{ readonly id: string }>("Node").implement({
  description: "Anything that can be fetched by its id.",
  fields: (t) => ({
    id: t.exposeID("id", { description: "Unique across all types, and stable." }),
  }),
});

/**
 * Lets `Query.node` find the objects of a type: every type that implements `Node` calls it.
 *
 * @param find The object with an id that the caller may see; null where there is none of this type.
 */
export function findNodesOf(typename: string, find: FindNode): void {
  types.set(typename, find);
}

builder.queryField("node", (t) =>
  t.field({
    type: Node,
    nullable: true,
    description: "The object with this id, or null if the caller can see none.",
    args: { id: t.arg.id({ required: true, description: "Id of any object that has one." }) },
    resolve: async (_root, { id }, context): Promise<NodeValue | null> => {
      for (const [typename, find] of types) {
        const found = await find(context, id);
        if (found) return { ...found, __typename: typename };
      }
      return null;
    },
  }));
