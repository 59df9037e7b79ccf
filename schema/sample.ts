import type { ImageRecord } from "../transfers/types.ts";
import { builder } from "./builder.ts";
import { Image } from "./image.ts";

interface SampleValue {
  readonly name: string;
  readonly description: string;
  readonly image: ImageRecord;
}

const Sample = builder.objectRef<SampleValue>("Sample").implement({
  description: "A built-in picture, free to use as content or style.",
  fields: (t) => ({
    name: t.exposeString("name", { description: "To be used as ImageInput.sample." }),
    description: t.exposeString("description", { description: "What it shows." }),
    image: t.field({ type: Image, description: "The picture.", resolve: ({ image }) => image }),
  }),
});

builder.queryField("samples", (t) =>
  t.field({
    type: [Sample],
    description: "The built-in pictures.",
    resolve: (_root, _args, { transfers }) => transfers.images.samples(),
  }));
