import type { EncodeOptions } from "../images/encode.ts";
import type { FrameHandle } from "../transfers/api.ts";
import { DEFAULT_QUALITY, LIMITS } from "../limits.ts";
import { checkNumber, optional } from "../values.ts";
import { encodeBase64 } from "./base64.ts";
import { builder } from "./builder.ts";
import { connectionOf } from "./connection.ts";
import type { Context } from "./context.ts";
import { PICTURE_COST } from "./costs.ts";

const FrameFormat = builder.enumType("FrameFormat", {
  description: "File format of an encoded frame.",
  values: {
    JPEG: { description: "Lossy and small, image/jpeg." },
    PNG: { description: "Lossless, image/png." },
    WEBP: { description: "Lossy, smaller than JPEG, and with alpha, image/webp." },
  },
});

interface EncodingArguments {
  readonly format?: typeof FrameFormat.$inferType | null | undefined;
  readonly maxSize?: number | null | undefined;
  readonly quality?: number | null | undefined;
}

/** A picture of a transfer in progress; encoded only when one of its text fields is selected. */
export const Frame = builder.objectRef<FrameHandle>("Frame").implement({
  description: "A transfer's picture after one of its steps.",
  fields: (t) => {
    const encoding = {
      format: t.arg({ type: FrameFormat, defaultValue: "JPEG", description: "File format." }),
      maxSize: t.arg.int({
        description:
          `Longest side in pixels, ${LIMITS.frameSize.minimum} to ${LIMITS.frameSize.maximum}; a frame is never enlarged. Default: its own size.`,
      }),
      quality: t.arg.int({
        defaultValue: DEFAULT_QUALITY,
        description:
          `Quality of a JPEG or WebP, ${LIMITS.quality.minimum} to ${LIMITS.quality.maximum}; PNG ignores it.`,
      }),
    };
    return {
      step: t.exposeInt("step", { description: "The step that it shows, counted from 1 over all scales." }),
      width: t.exposeInt("width", { description: "Width in pixels." }),
      height: t.exposeInt("height", { description: "Height in pixels." }),
      base64: t.string({
        args: encoding,
        complexity: PICTURE_COST,
        description: "The encoded picture as base64 text, without a prefix.",
        resolve: async (frame, args, context) => await encodeBase64(await encodeFrame(frame, args, context)),
      }),
      dataUrl: t.string({
        args: encoding,
        complexity: PICTURE_COST,
        description: "The encoded picture as a data: URL, which an <img> shows as it is.",
        resolve: async (frame, args, context) => {
          const { format } = frameEncoding(args);
          const text = await encodeBase64(await encodeFrame(frame, args, context));
          return `data:image/${format.toLowerCase()};base64,${text}`;
        },
      }),
      url: t.string({
        description:
          "Absolute path of the picture as JPEG on this server, for an <img> as it is. The picture never changes and may be cached; where callers show who they are, the path is signed and works for one to two hours.",
        resolve: ({ transferId, step }, _args, { link }) => link(`/transfers/${transferId}/frames/${step}.jpg`),
      }),
    };
  },
});

function encodeFrame(frame: FrameHandle, args: EncodingArguments, context: Context): Promise<Uint8Array<ArrayBuffer>> {
  const encoding = frameEncoding(args);
  context.allowance.encode(frame.width * frame.height);
  return context.frames.encode(frame, encoding);
}

/**
 * Checks and completes the arguments of a frame's encoding.
 *
 * @throws {GramcastError} BAD_USER_INPUT with the argument at fault.
 */
function frameEncoding(args: EncodingArguments): EncodeOptions {
  return {
    format: args.format ?? "JPEG",
    maxSize: optional(args.maxSize, (size) => checkNumber("maxSize", LIMITS.frameSize, size)),
    quality: checkNumber("quality", LIMITS.quality, args.quality ?? DEFAULT_QUALITY),
  };
}

/** A page of frames, by step. */
export const FrameConnection = connectionOf<FrameHandle>("Frame", Frame, {
  one: "A frame",
  page: "A page of the kept frames, by step.",
});
