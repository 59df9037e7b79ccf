/**
 * The style terms of a scale by nearest neighbours, see `objective/neighbors.ts`: which places the picture takes, and the
 * terms that pull it towards them.
 *
 * @module
 */
import type { Backend } from "../backends/backend.ts";
import { coverageOf, downscaleMask, intersection, maskFrom } from "../objective/masks.ts";
import type { Mask } from "../objective/objective.ts";
import { channelsAt, directionsOf, type Places, placeSize, targetOf } from "../objective/neighbors.ts";
import type { LayerWeight, Scale } from "../options/options.ts";
import { styleSide } from "../options/style_side.ts";
import { fitLongestSide, type Picture, type Pixels, toPixels } from "../picture.ts";
import { turnMask, turnPicture } from "../turn.ts";
import type { OptimisationInput, Resize } from "./input.ts";
import type { LossTerm } from "./loss_terms.ts";
import { whatCounts } from "./what_counts.ts";

/**
 * Longest side, in pixels, from which on a scale before the last looks for neighbours. A smaller one finds by Gram matrices
 * and moments what of the style goes where, as all together: place by place a sky without features takes boards of a bridge,
 * and each later scale makes them sharper.
 */
const LEAST_SIDE = 256;
/**
 * How much of the content picture is in what neighbours are looked for, beside the picture so far; the paper's α, which is
 * 0.75 there: what is where has been settled before, and strokes are to follow the strokes that are there.
 */
const CONTENT_SHARE = 0.25;
/** How much a layer's neighbours count beside its Gram matrix. */
const NEIGHBORS_WEIGHT = 2;
/** Places of all styles of a search: with more than these it would take longer than the steps after it. */
const MOST_CANDIDATES = 4096;

/** Layers that look for neighbours together, and the directions of the picture's places in them. */
interface Search {
  readonly layers: readonly LayerWeight[];
  readonly queries: Float32Array;
}

/** Places of one style that may be taken, and their features alone: those of all places of all styles would not fit. */
interface Candidates {
  readonly count: number;
  readonly places: Places;
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
  backend: Backend,
  resize: Resize,
  input: OptimisationInput,
  scale: Scale,
  begun: Pixels | null,
): Promise<LossTerm[]> {
  const { options, content, styles } = input;
  const { pooling } = options;
  const layers = options.styleLayers.map(({ layer }) => layer);
  if (layers.length === 0) return [];
  const isLast = scale.size === options.scales.at(-1)!.size;
  if (!isLast && scale.size < LEAST_SIDE) return [];
  const seen = await backend.places(await searched(resize, content, scale, begun), scale, layers, pooling);
  const size = placeSize(scale);
  const all = Array.from({ length: size.width * size.height }, (_, place) => place);
  const together = isLast && begun !== null ? options.styleLayers.map((each) => [each]) : [options.styleLayers];
  const searches = together.map((layers): Search => ({ layers, queries: directionsOf(seen, layers, all) }));

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
    const candidates: Candidates[] = [];
    const turns = options.styleTurns ? [0, 1, 2, 3] : [0];
    const most = Math.floor(MOST_CANDIDATES / (group.length * turns.length));
    for (const style of group) {
      const ownSize = fitLongestSide(style.picture, styleSide(scale.size, options, style));
      const own = await resize(style.picture, ownSize);
      const counts = whatCounts(style.i, style, ownSize);
      for (const quarters of turns) {
        const turned = turnPicture(own, quarters);
        const kept = keptPlaces(placeSize(turned), counts && turnMask(counts, quarters), most);
        candidates.push(picked(await backend.places(toPixels(turned), turned, layers, pooling), kept));
      }
    }
    const where = intersection(scale, [group[0]!.mask && maskFrom(group[0]!.mask), visible]);
    const part = group.reduce((sum, { weight }) => sum + weight, 0) / whole;
    for (const { layers, queries } of searches) {
      const taken = await backend.nearest(queries, joined(candidates, layers), queries.length / all.length);
      for (const { layer, weight } of layers) {
        const target = targetOf(scale, layer, taken, rowsOf(candidates, layer));
        const share = NEIGHBORS_WEIGHT * weight * part;
        terms.push({ kind: "neighbors", layer, where, figures: target, whitener: null, share });
      }
    }
  }
  return terms;
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

/** The features of some places. */
function picked(places: Places, kept: readonly number[]): Candidates {
  const rowsOf = (layer: string, rows: Float32Array) => {
    const channels = channelsAt(layer);
    const own = new Float32Array(kept.length * channels);
    kept.forEach((place, k) => own.set(rows.subarray(place * channels, (place + 1) * channels), k * channels));
    return own;
  };
  return { count: kept.length, places: new Map([...places].map(([layer, rows]) => [layer, rowsOf(layer, rows)])) };
}

/** Directions of all candidates, one style after the other. */
function joined(candidates: readonly Candidates[], layers: readonly LayerWeight[]): Float32Array {
  return concatenated(
    candidates.map(({ count, places }) => directionsOf(places, layers, Array.from({ length: count }, (_, k) => k))),
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
