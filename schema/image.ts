import { basePath } from "../config.ts";
import type { ImageRecord } from "../transfers/types.ts";
import { builder } from "./builder.ts";
import { PICTURE_COST } from "./costs.ts";
import { costOfImage, ImageInput, resolveImage } from "./image_input.ts";
import { findNodesOf, Node } from "./node.ts";

/** An encoded picture that is kept: an upload, a sample, or a result. */
export const Image = builder.objectRef<ImageRecord>("Image").implement({
  description: "An encoded picture that the server keeps: an upload, a sample, or a result.",
  interfaces: [Node],
  fields: (t) => ({
    width: t.exposeInt("width", { description: "Width in pixels, as shown (after EXIF orientation)." }),
    height: t.exposeInt("height", { description: "Height in pixels, as shown (after EXIF orientation)." }),
    mimeType: t.exposeString("mimeType", { description: "Format of the file, as image/png." }),
    frames: t.int({
      complexity: PICTURE_COST,
      description: "Frames of an animation, or pages, in the file: more than 1 says that the others are not used.",
      resolve: (image, _args, { transfers }) => transfers.images.frames(image),
    }),
    byteLength: t.exposeInt("byteLength", { description: "Size of the file in bytes." }),
    url: t.string({
      description: "Absolute path of the file on this server; immutable, cacheable.",
      resolve: ({ id }, _args, { config }) => `${basePath(config.publicUrl)}/images/${id}`,
    }),
    base64: t.string({
      complexity: PICTURE_COST,
      description: "The file as base64 text, without a prefix.",
      resolve: async (image, _args, { allowance, transfers }) => {
        allowance.writeAsText(image.byteLength);
        return (await transfers.images.read(image)).toBase64();
      },
    }),
  }),
});

findNodesOf("Image", ({ owner, transfers }, id) => transfers.images.get(owner, id));

const UploadImagePayload = builder.objectRef<{ readonly image: ImageRecord }>("UploadImagePayload").implement({
  description: "What uploadImage has kept.",
  fields: (t) => ({
    image: t.field({ type: Image, description: "The image, to be used by its id.", resolve: ({ image }) => image }),
  }),
});

builder.mutationField("uploadImage", (t) =>
  t.field({
    type: UploadImagePayload,
    complexity: ({ image }) => costOfImage(image),
    description: "Keep an image for later use as ImageInput.image.",
    args: { image: t.arg({ type: ImageInput, required: true, description: "The image to keep." }) },
    resolve: async (_root, { image }, context) => {
      await using intake = context.transfers.images.intake(context.owner);
      return { image: await intake.upload(await resolveImage(context, intake, image, "image")) };
    },
  }));
