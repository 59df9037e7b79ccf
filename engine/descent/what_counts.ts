import { GramcastError } from "../../errors.ts";
import { coverageOf, intersection, maskFrom } from "../objective/masks.ts";
import type { Mask } from "../objective/objective.ts";
import type { Picture, Size } from "../picture.ts";

/**
 * The part of a style that counts: where its region is bright and its picture not transparent; null where all of it does.
 *
 * @param style Its place among the styles.
 * @param size That the part is wanted in.
 * @throws {GramcastError} BAD_USER_INPUT when nothing counts.
 */
export function whatCounts(
  style: number,
  { picture, region }: { readonly picture: Picture; readonly region?: Picture | null | undefined },
  size: Size,
): Mask | null {
  const counts = intersection(size, [region && maskFrom(region), coverageOf(picture)]);
  if (!counts?.values.every((value) => value === 0)) return counts;
  const field = region ? `styles.${style}.region` : `styles.${style}.image`;
  const found = region ? "is black or transparent wherever the style can be seen" : "is transparent everywhere";
  throw new GramcastError("BAD_USER_INPUT", `Cannot use ${field}: it ${found}, wanted a part that counts`, { field });
}
