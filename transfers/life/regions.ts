import { whatCounts } from "../../engine/descent/what_counts.ts";
import { decodePicture, NO_LIMITS } from "../../images/decode.ts";
import type { StartRequest } from "../api.ts";

/** Longest side in which it is looked at: a few milliseconds. */
const LONGEST = 512;

/**
 * Checks the regions of a request, so that one that selects nothing is told of now and not when its turn has come.
 *
 * @param read Gives an encoded image by its id.
 * @throws {GramcastError} BAD_USER_INPUT
 */
export async function checkRegions(
  { styles }: Pick<StartRequest, "styles">,
  read: (id: string) => Promise<Uint8Array>,
): Promise<void> {
  const decode = async (id: string) =>
    await decodePicture(await read(id), NO_LIMITS, { longest: LONGEST, transparency: "KEEP" });
  for (const [i, { imageId, regionId }] of styles.entries()) {
    if (!regionId) continue;
    const picture = await decode(imageId);
    whatCounts(i, { picture, region: await decode(regionId) }, picture);
  }
}
