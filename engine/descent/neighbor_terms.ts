/**
 * The style terms of a scale by nearest neighbours, see `objective/neighbors.ts`: which places the picture takes, and the
 * terms that pull it towards them.
 *
 * @module
 */
import type { MatchingBackend } from "../backends/backend.ts";
import { coverageOf, downscaleMask, intersection, maskFrom } from "../objective/masks.ts";
import type { Mask } from "../objective/objective.ts";
import { channelsAt, directionsOf, type Places, placeSize, targetOf } from "../objective/neighbors.ts";
import type { Scale } from "../options/options.ts";
import { styleSide } from "../options/style_side.ts";
import { fitLongestSide, type Pixels, toPixels } from "../picture.ts";
import type { OptimisationInput, Resize } from "./input.ts";
import type { LossTerm } from "./loss_terms.ts";
import { whatCounts } from "./what_counts.ts";

/**
 * How much of the content picture is in what neighbours are looked for, beside the picture so far; the paper's α. At the
 * first scale there is only the content.
 */
const CONTENT_SHARE = 0.75;
/** Places of all styles of a search: with more than these it would take longer than the steps after it. */
const MOST_CANDIDATES = 4096;

/** Places of one style that may be taken. */
interface Candidates {
  readonly places: Places;
  readonly kept: readonly number[];
}

/**
 * Styles without a mask are searched together, whatever their weights; each with a mask is searched by itself and counts
 * where its mask is bright.
 *
 * @param begun The picture that the scale begins with; null for the content alone.
 */
export async function neighborTerms(
  backend: MatchingBackend,
  resize: Resize,
  input: OptimisationInput,
  scale: Scale,
  begun: Pixels | null,
): Promise<LossTerm[]> {
  const { options, content, styles } = input;
  const { pooling } = options;
  const layers = options.styleLayers.map(({ layer }) => layer);
  if (layers.length === 0) return [];
  const seen = await backend.places(await searched(resize, input, scale, begun), scale, layers, pooling);
  const size = placeSize(scale);
  const all = Array.from({ length: size.width * size.height }, (_, place) => place);
  const queries = directionsOf(seen, options.styleLayers, all);

  const visible = coverageOf(content);
  const counting = styles.map((style, i) => ({ ...style, i })).filter(({ weight }) => weight > 0);
  const blended = counting.filter(({ mask }) => !mask);
  const groups = [
    ...counting.filter(({ mask }) => mask).map((style) => [style]),
    ...blended.length > 0 ? [blended] : [],
  ];
  const whole = counting.reduce((sum, { weight }) => sum + weight, 0);
  const terms: LossTerm[] = [];
  for (const group of groups) {
    const candidates = await Promise.all(group.map(async (style) => {
      const ownSize = fitLongestSide(style.picture, styleSide(scale.size, options, style));
      const places = await backend.places(toPixels(await resize(style.picture, ownSize)), ownSize, layers, pooling);
      const most = Math.floor(MOST_CANDIDATES / group.length);
      return { places, kept: keptPlaces(placeSize(ownSize), whatCounts(style.i, style, ownSize), most) };
    }));
    const taken = await backend.nearest(queries, joined(candidates, options), queries.length / all.length);
    const where = intersection(scale, [group[0]!.mask && maskFrom(group[0]!.mask), visible]);
    const part = group.reduce((sum, { weight }) => sum + weight, 0) / whole;
    for (const { layer, weight } of options.styleLayers) {
      const target = targetOf(scale, layer, taken, rowsOf(candidates, layer));
      terms.push({ kind: "neighbors", layer, where, figures: target, whitener: null, share: weight * part });
    }
  }
  return terms;
}

/** What neighbours are looked for. */
async function searched(
  resize: Resize,
  { content }: OptimisationInput,
  scale: Scale,
  begun: Pixels | null,
): Promise<Pixels> {
  const own = toPixels(await resize(content, scale));
  return begun ? own.map((value, i) => CONTENT_SHARE * value + (1 - CONTENT_SHARE) * begun[i]!) : own;
}

/** Places that count, in a grid with gaps where there would be more than `most`. */
function keptPlaces({ width, height }: { width: number; height: number }, counts: Mask | null, most: number): number[] {
  const gap = Math.ceil(Math.sqrt((width * height) / most));
  const values = counts && downscaleMask(counts, { width, height });
  const brightest = values?.reduce((largest, value) => Math.max(largest, value), 0) ?? 1;
  const places = Array.from({ length: width * height }, (_, place) => place);
  const seen = places.filter((place) => !values || values[place]! >= brightest / 2);
  const sparse = seen.filter((place) => place % width % gap === 0 && Math.floor(place / width) % gap === 0);
  return sparse.length > 0 ? sparse : seen.slice(0, most);
}

/** Directions of all candidates, one style after the other. */
function joined(candidates: readonly Candidates[], { styleLayers }: OptimisationInput["options"]): Float32Array {
  return concatenated(candidates.map(({ places, kept }) => directionsOf(places, styleLayers, kept)));
}

/** Features of all candidates at a layer, in the same order. */
function rowsOf(candidates: readonly Candidates[], layer: string): Float32Array {
  return concatenated(candidates.map(({ places, kept }) => {
    const rows = places.get(layer)!;
    const channels = channelsAt(layer);
    const own = new Float32Array(kept.length * channels);
    kept.forEach((place, k) => own.set(rows.subarray(place * channels, (place + 1) * channels), k * channels));
    return own;
  }));
}

function concatenated(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
