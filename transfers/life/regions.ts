import { whatCounts } from "../../engine/descent/what_counts.ts";
import type { TransferOptions } from "../../engine/options/options.ts";
import { styleSide } from "../../engine/options/style_side.ts";
import type { Picture } from "../../engine/picture.ts";
import { decodePicture, NO_LIMITS } from "../../images/decode.ts";
import type { StartRequest } from "../api.ts";

/** Longest side in which pictures are looked at first: a few milliseconds. */
const GLANCE = 512;
/** Pixels that are looked at in one go, in about a millisecond. */
const PIXELS = 2 ** 18;

/**
 * Checks the regions of a request, so that one that selects nothing is told of now and not when its turn has come. One
 * that is black at a glance is looked at as large as the transfer will: a few pixels are lost when it is shrunk.
 *
 * @param options Of the transfer.
 * @param read Gives an encoded image by its id.
 * @param passed Pictures with their regions that have been found good at a glance, which is the same for any options; those
 *   that are now are added.
 * @throws {GramcastError} BAD_USER_INPUT
 */
export async function checkRegions(
  { styles }: Pick<StartRequest, "styles">,
  options: Pick<TransferOptions, "scales" | "styleScale">,
  read: (id: string) => Promise<Uint8Array>,
  passed: Set<string> = new Set(),
): Promise<void> {
  const decode = async (id: string, longest: number) =>
    await decodePicture(await read(id), NO_LIMITS, { longest, transparency: "KEEP" });
  const glances = new Map<string, Picture>();
  const glance = async (id: string) => {
    const picture = glances.get(id) ?? await decode(id, GLANCE);
    glances.set(id, picture);
    return picture;
  };
  const { size } = options.scales.at(-1)!;
  /** By region and longest side. */
  const bright = new Map<string, boolean>();
  for (const [i, style] of styles.entries()) {
    const { imageId, regionId } = style;
    const pair = `${imageId} ${regionId}`;
    if (!regionId || passed.has(pair)) continue;
    const longest = styleSide(size, options, style);
    const picture = await glance(imageId);
    try {
      whatCounts(i, { picture, region: await glance(regionId) }, picture);
      passed.add(pair);
    } catch (error) {
      // Where the picture is transparent in places, it has to be bright where the picture is not.
      if (longest <= GLANCE || picture.alpha) throw error;
      const looked = `${regionId} ${longest}`;
      if (!bright.has(looked)) bright.set(looked, await isBright(await decode(regionId, longest)));
      if (!bright.get(looked)) throw error;
    }
  }
}

/** Whether any pixel is neither black nor transparent; others get their turn between the pieces that are looked at. */
async function isBright({ rgb, alpha }: Picture): Promise<boolean> {
  for (let from = 0; from < rgb.length / 3; from += PIXELS) {
    const seen = rgb.subarray(3 * from, 3 * (from + PIXELS));
    if (seen.some((value, i) => value > 0 && alpha?.[from + Math.floor(i / 3)] !== 0)) return true;
    await new Promise((resume) => setTimeout(resume));
  }
  return false;
}
