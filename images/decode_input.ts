import type { OptimisationInput } from "../engine/descent/input.ts";
import type { TransferOptions } from "../engine/options/options.ts";
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
  const longest = longestSides(options);
  const decoded = await mapPictures(
    pictures,
    (bytes, _field, kind) => decodePicture(bytes, limits, { longest: longest[kind], transparency: "KEEP" }),
  );
  return { options, ...decoded };
}

/** Longest sides, in pixels, in which a transfer looks at its content and its styles at most, with what masks them. */
export function longestSides({ scales, styleScale }: Pick<TransferOptions, "scales" | "styleScale">) {
  const { size } = scales.at(-1)!;
  return { content: size, style: Math.max(1, Math.round(size * styleScale)) };
}
