/**
 * The style terms of a scale by nearest neighbours, see `objective/neighbors.ts`: which places the picture takes, and the
 * terms that pull it towards them.
 *
 * @module
 */
import { coverageOf, downscaleMask, intersection, maskFrom } from "../objective/masks.ts";
import type { Mask } from "../objective/objective.ts";
import { channelsAt, directionsOf, meansOf, MOST_CANDIDATES, type Places, placeSize } from "../objective/neighbors.ts";
import type { LayerWeight, Scale } from "../options/options.ts";
import { styleSide } from "../options/style_side.ts";
import { fitLongestSide, type Picture, type Pixels, toPixels } from "../picture.ts";
import type { TargetSource } from "../tiles/target_source.ts";
import type { PlacesPart } from "../tiles/tiled_places.ts";
import { turnMask, turnPicture } from "../turn.ts";
import type { OptimisationInput, Resize } from "./input.ts";
import type { LossTerm } from "./loss_terms.ts";
import { whatCounts } from "./what_counts.ts";

/**
 * Longest side, in pixels, from which on a scale before the last looks for neighbours. At smaller ones Gram matrices and
 * moments decide for all places at once what of the style goes where: place by place a sky without features takes the boards
 * of a bridge, and each later scale makes them sharper.
 */
const LEAST_SIDE = 256;
/**
 * How much of the content picture is in what neighbours are looked for, beside the picture so far; the paper's α, which is
 * 0.75 there: what is where has been settled before, and strokes are to follow the strokes that are there.
 */
const CONTENT_SHARE = 0.25;
/** How much a layer's neighbours count beside its Gram matrix. */
const NEIGHBORS_WEIGHT = 2;

/** Layers that look for neighbours together, and what the places have taken, by group of styles. */
interface Search {
  readonly layers: readonly LayerWeight[];
  readonly taken: readonly Int32Array[];
}

/** Places of one style that may be taken, and their features alone: those of all places of all styles would not fit. */
interface Candidates {
  readonly count: number;
  readonly places: Places;
}

/** Styles that are searched together. */
interface Group {
  readonly where: Mask | null;
  /** Part of all styles. */
  readonly part: number;
  readonly candidates: readonly Candidates[];
}

/**
 * Styles without a mask are searched together, whatever their weights; each with a mask is searched by itself and counts
 * where its mask is bright.
 *
 * A scale looks in all layers together, the last of several in each layer by itself. None has such terms that is smaller than
 * `LEAST_SIDE` and not the last.
 *
 * @param begun The picture that the scale begins with; null for the content alone.
 */
export async function neighborTerms(
  source: Pick<TargetSource, "places" | "nearest">,
  resize: Resize,
  input: OptimisationInput,
  scale: Scale,
  begun: Pixels | null,
): Promise<LossTerm[]> {
  const { options, content } = input;
  const layers = options.styleLayers.map(({ layer }) => layer);
  if (layers.length === 0) return [];
  const isLast = scale.size === options.scales.at(-1)!.size;
  if (!isLast && scale.size < LEAST_SIDE) return [];
  const seen = source.places(await searched(resize, content, scale, begun), scale, layers);
  const groups = await styleGroups(source, resize, input, scale);
  const { width, height } = placeSize(scale);
  const together = isLast && begun !== null ? options.styleLayers.map((each) => [each]) : [options.styleLayers];
  const searches = together.map((layers): Search => ({
    layers,
    taken: groups.map(() => new Int32Array(width * height)),
  }));
  const means = await meansOfAll(seen, options.styleLayers);
  for await (const { at, places } of seen) {
    for (const { layers, taken } of searches) {
      const queries = directionsOf(places, layers, all(at.length), means);
      for (const [i, { candidates }] of groups.entries()) {
        const found = await source.nearest(queries, joined(candidates, layers), queries.length / at.length);
        at.forEach((place, k) => taken[i]![place] = found[k]!);
      }
    }
  }
  return groups.flatMap(({ where, part, candidates }, i) =>
    searches.flatMap(({ layers, taken }) =>
      layers.map(({ layer, weight }): LossTerm => ({
        kind: "neighbors",
        layer,
        where,
        figures: null,
        taken: { places: taken[i]!, rows: rowsOf(candidates, layer) },
        whitener: null,
        share: NEIGHBORS_WEIGHT * weight * part,
      }))
    )
  );
}

/** Those with a mask first, each by itself; then those without one. */
async function styleGroups(
  source: Pick<TargetSource, "places">,
  resize: Resize,
  { options, content, styles }: OptimisationInput,
  scale: Scale,
): Promise<Group[]> {
  const layers = options.styleLayers.map(({ layer }) => layer);
  const visible = coverageOf(content);
  const counting = styles.map((style, i) => ({ ...style, i })).filter(({ weight }) => weight > 0);
  const blended = counting.filter(({ mask }) => !mask);
  const whole = counting.reduce((sum, { weight }) => sum + weight, 0);
  const turns = options.styleTurns ? [0, 1, 2, 3] : [0];
  const groups: Group[] = [];
  for (
    const group of [
      ...counting.filter(({ mask }) => mask).map((style) => [style]),
      ...blended.length > 0 ? [blended] : [],
    ]
  ) {
    const candidates: Candidates[] = [];
    const most = Math.floor(MOST_CANDIDATES / (group.length * turns.length));
    for (const style of group) {
      const ownSize = fitLongestSide(style.picture, styleSide(scale.size, options, style));
      const own = await resize(style.picture, ownSize);
      const counts = whatCounts(style.i, style, ownSize);
      for (const quarters of turns) {
        const turned = turnPicture(own, quarters);
        const kept = keptPlaces(placeSize(turned), counts && turnMask(counts, quarters), most);
        candidates.push(await picked(source.places(toPixels(turned), turned, layers), kept));
      }
    }
    groups.push({
      where: intersection(scale, [group[0]!.mask && maskFrom(group[0]!.mask), visible]),
      part: group.reduce((sum, { weight }) => sum + weight, 0) / whole,
      candidates,
    });
  }
  return groups;
}

/** What neighbours are looked for: the picture so far with the content in its share; at the first scale the content alone. */
async function searched(resize: Resize, content: Picture, scale: Scale, begun: Pixels | null): Promise<Pixels> {
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

/** The features of some places, in their order. */
async function picked(seen: AsyncIterable<PlacesPart>, kept: readonly number[]): Promise<Candidates> {
  const order = new Map(kept.map((place, k) => [place, k]));
  const rows = new Map<string, Float32Array>();
  for await (const { at, places } of seen) {
    at.forEach((place, from) => {
      const to = order.get(place);
      if (to === undefined) return;
      for (const [layer, values] of places) {
        const channels = channelsAt(layer);
        const own = rows.getOrInsertComputed(layer, () => new Float32Array(kept.length * channels));
        own.set(values.subarray(from * channels, (from + 1) * channels), to * channels);
      }
    });
  }
  return { count: kept.length, places: rows };
}

/** The means over all parts. */
async function meansOfAll(
  seen: AsyncIterable<PlacesPart>,
  layers: readonly LayerWeight[],
): Promise<Map<string, Float64Array>> {
  const sums = new Map(layers.map(({ layer }) => [layer, new Float64Array(channelsAt(layer))]));
  let count = 0;
  for await (const { at, places } of seen) {
    for (const [layer, mean] of meansOf(places, layers, all(at.length))) {
      mean.forEach((value, c) => sums.get(layer)![c]! += at.length * value);
    }
    count += at.length;
  }
  for (const sum of sums.values()) sum.forEach((value, c) => sum[c] = value / count);
  return sums;
}

/** The indices of so many. */
function all(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

/** Directions of all candidates, one style after the other. */
function joined(candidates: readonly Candidates[], layers: readonly LayerWeight[]): Float32Array {
  return concatenated(
    candidates.map(({ count, places }) => directionsOf(places, layers, all(count))),
  );
}

/** Features of all candidates at a layer, in the same order. */
function rowsOf(candidates: readonly Candidates[], layer: string): Float32Array {
  return concatenated(candidates.map(({ places }) => places.get(layer)!));
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
