import type { OptimisationInput } from "../engine/descent/input.ts";
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
  pictures: Pictures<Uint8Array>,
  limits: ImageLimits,
): Promise<OptimisationInput> {
  const { size } = options.scales.at(-1)!;
  const decoded = await mapPictures(
    pictures,
    (bytes, _field, scale) => {
      const longest = scale === null ? size : styleSide(size, options, { scale });
      return decodePicture(bytes, limits, { longest, transparency: "KEEP" });
    },
  );
  return { options, ...decoded };
}
