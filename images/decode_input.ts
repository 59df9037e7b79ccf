import type { OptimisationInput } from "../engine/descent/input.ts";
import type { TransferOptions } from "../engine/options/options.ts";
import { decodePicture, type ImageLimits } from "./decode.ts";
import type { Pictures } from "./pictures.ts";

/**
 * Decodes the pictures of a transfer one after another, each no larger than the transfer's last scale has use for: what
 * they take is bounded by the size of the result, however large the files are.
 *
 * @throws {GramcastError} What `decodePicture` throws.
 */
export async function decodeInput(
  options: TransferOptions,
  { content, styles, contentMask, initPicture }: Pictures<Uint8Array>,
  limits: ImageLimits,
): Promise<OptimisationInput> {
  const { size } = options.scales.at(-1)!;
  const decode = (bytes: Uint8Array, longest = size) => decodePicture(bytes, limits, { longest, transparency: "KEEP" });
  const decoded: OptimisationInput["styles"][number][] = [];
  const styleSize = Math.max(1, Math.round(size * options.styleScale));
  for (const { picture, weight, mask, region } of styles) {
    decoded.push({
      picture: await decode(picture, styleSize),
      weight,
      ...(mask ? { mask: await decode(mask) } : {}),
      ...(region ? { region: await decode(region, styleSize) } : {}),
    });
  }
  return {
    options,
    content: await decode(content),
    styles: decoded,
    ...(contentMask ? { contentMask: await decode(contentMask) } : {}),
    ...(initPicture ? { initPicture: await decode(initPicture) } : {}),
  };
}
