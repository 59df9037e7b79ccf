import type { ImageRecord } from "../transfers/types.ts";
import { builder } from "./builder.ts";
import type { Context } from "./context.ts";
import { Image } from "./image.ts";
import { findNodesOf, Node } from "./node.ts";

interface SampleValue {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly image: ImageRecord;
}

const Sample = builder.objectRef<SampleValue>("Sample").implement({
  description: "A built-in picture, free to use as content or style.",
  interfaces: [Node],
  fields: (t) => ({
    name: t.exposeString("name", { description: "Use it as ImageInput.sample." }),
    description: t.exposeString("description", { description: "What it shows." }),
    image: t.field({ type: Image, description: "The picture.", resolve: ({ image }) => image }),
  }),
});

/** The samples, with ids that are not those of their images. */
async function samples({ transfers }: Context): Promise<SampleValue[]> {
  return (await transfers.images.samples()).map((sample) => ({ id: `Sample:${sample.name}`, ...sample }));
}

findNodesOf("Sample", async (context, id) => (await samples(context)).find((sample) => sample.id === id) ?? null);

builder.queryField("samples", (t) =>
  t.field({
    type: [Sample],
    description: "The built-in pictures.",
    resolve: (_root, _args, context) => samples(context),
  }));
