/**
 * The palette of a scale, see `objective/palette.ts`: which colours the picture is to have, and where.
 *
 * @module
 */
import { type ColorStatistics, colorStatistics, mixedStatistics } from "../objective/color_statistics.ts";
import { coverageOf, downscaleMask, intersection, maskFrom } from "../objective/masks.ts";
import type { Mask } from "../objective/objective.ts";
import { paletteTerm } from "../objective/palette.ts";
import type { PixelTerm } from "../objective/pixel_term.ts";
import type { Scale } from "../options/options.ts";
import { styleSide } from "../options/style_side.ts";
import { fitLongestSide, toPixels } from "../picture.ts";
import type { OptimisationInput, Resize } from "./input.ts";
import { LEAST_DISTANCE, wholeWeight } from "./loss_terms.ts";
import { whatCounts } from "./what_counts.ts";

/** A part of the palette. */
export interface PaletteTerm {
  readonly term: PixelTerm;
  /** Part in the style loss: `paletteWeight`, share of its styles, and what it is divided by. */
  readonly share: number;
}

/**
 * Styles without a mask are mixed into one palette; each with a mask has its own where its mask is bright. None counts where
 * the content is transparent. Without a weight there are none.
 */
export async function paletteTerms(resize: Resize, input: OptimisationInput, scale: Scale): Promise<PaletteTerm[]> {
  const { options, content, styles } = input;
  if (options.paletteWeight === 0) return [];
  const visible = coverageOf(content);
  const whole = wholeWeight(styles);
  const seen = toPixels(await resize(content, scale));
  const masked: { of: ColorStatistics; part: number; where: Mask | null }[] = [];
  const blended: { of: ColorStatistics; part: number }[] = [];
  for (const [i, style] of styles.entries()) {
    if (style.weight === 0) continue;
    const size = fitLongestSide(style.picture, styleSide(scale.size, options, style));
    const counts = whatCounts(i, style, size);
    const of = colorStatistics((await resize(style.picture, size)).rgb, counts && squared(counts, size));
    const part = style.weight / whole;
    if (style.mask) masked.push({ of, part, where: intersection(scale, [maskFrom(style.mask), visible]) });
    else blended.push({ of, part });
  }
  const part = blended.reduce((sum, { part }) => sum + part, 0);
  const mixed = blended.map((each) => ({ ...each, part: each.part / part }));
  const groups = part > 0 ? [...masked, { of: mixedStatistics(mixed), part, where: visible }] : masked;
  return groups.map(({ of, part, where }) => {
    const term = paletteTerm(of, where && squared(where, scale));
    const share = options.paletteWeight * part;
    if (!options.normalizeLosses) return { term, share };
    // As for every layer, 1 is the content's own palette; a content that has the style's already is not divided by nothing.
    const distance = term.add(seen, 0, new Float32Array(0));
    const spread = (of.covariance[0]! + of.covariance[4]! + of.covariance[8]!) / 3;
    return { term, share: share / Math.max(distance, LEAST_DISTANCE * spread) };
  });
}

/** What a pixel counts under a mask, as features do: m². */
function squared(mask: Mask, size: { readonly width: number; readonly height: number }): Float32Array {
  return downscaleMask(mask, size).map((value) => value * value);
}
