import type { ImageRecord } from "../transfers/types.ts";
import { encodeBase64 } from "./base64.ts";
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
    mimeType: t.exposeString("mimeType", { description: "Format of the file, such as image/png." }),
    frames: t.int({
      complexity: PICTURE_COST,
      description:
        "Frames or pages in the file. Only the first is used, but for a content that is painted with `moving`.",
      resolve: (image, _args, { transfers }) => transfers.images.frames(image),
    }),
    byteLength: t.exposeInt("byteLength", { description: "Size of the file in bytes." }),
    url: t.string({
      description:
        "Absolute path of the file on this server, for an <img> as it is. The file never changes and may be cached; where callers show who they are, the path is signed and works for one to two hours.",
      resolve: ({ id }, _args, { link }) => link(`/images/${id}`),
    }),
    base64: t.string({
      complexity: PICTURE_COST,
      description: "The file as base64 text, without a prefix.",
      resolve: async (image, _args, { allowance, transfers }) => {
        allowance.writeAsText(image.byteLength);
        return await encodeBase64(await transfers.images.read(image));
      },
    }),
  }),
});

findNodesOf("Image", ({ transfers }, id) => transfers.images.get(id));

const UploadImagePayload = builder.objectRef<{ readonly image: ImageRecord }>("UploadImagePayload").implement({
  description: "The result of uploadImage.",
  fields: (t) => ({
    image: t.field({ type: Image, description: "The stored image.", resolve: ({ image }) => image }),
  }),
});

builder.mutationField("uploadImage", (t) =>
  t.field({
    type: UploadImagePayload,
    complexity: ({ image }) => costOfImage(image),
    description: "Store an image for later use as ImageInput.image.",
    args: { image: t.arg({ type: ImageInput, required: true, description: "The image to store." }) },
    resolve: async (_root, { image }, context) => {
      await using intake = context.transfers.images.intake();
      return { image: await intake.upload(await resolveImage(context, intake, image, "image")) };
    },
  }));
