import type { FrameInput } from "../engine/descent/input.ts";
import type { FrameBefore } from "../engine/motion/frame_before.ts";
import type { TransferOptions } from "../engine/options/options.ts";
import { styleSide } from "../engine/options/style_side.ts";
import { decodePicture, type ImageLimits } from "./decode.ts";
import { mapPictures, type Pictures } from "./pictures.ts";

/**
 * Decodes the pictures of a transfer one after another, each no larger than the transfer's last scale has use for: what
 * they take is bounded by the size of the result, however large the files are.
 *
 * @throws {GramcastError} What `decodePicture` throws.
 */
export async function decodeInput(
  options: TransferOptions,
  pictures: Pictures<Uint8Array> & {
    readonly before?: FrameBefore<Uint8Array>;
    readonly colors?: Uint8Array | null;
  },
  limits: ImageLimits,
): Promise<FrameInput> {
  const { size } = options.scales.at(-1)!;
  const decode = (bytes: Uint8Array, longest: number) =>
    decodePicture(bytes, limits, { longest, transparency: "KEEP" });
  const decoded = await mapPictures(
    pictures,
    (bytes, _field, scale) => decode(bytes, scale === null ? size : styleSide(size, options, { scale })),
  );
  const { before, colors = null } = pictures;
  const input = {
    options,
    ...decoded,
    ...(colors && { colors: await decodePicture(colors, limits, { transparency: "KEEP" }) }),
  };
  if (!before) return input;
  const [content, result] = [await decode(before.content, size), await decode(before.result, size)];
  return { ...input, before: { content, result } };
}
