import assert from "node:assert/strict";
import { channelsAt, pickPlaces, placeSize } from "../objective/neighbors.ts";
import { type Pixels, type Size, toPixels } from "../picture.ts";
import { formulaNoise, formulaPicture } from "../testing/formula.ts";
import { nearestResize } from "../testing/nearest.ts";
import { transferOptions } from "../testing/options.ts";
import type { TargetSource } from "../tiles/target_source.ts";
import type { PlacesPart } from "../tiles/tiled_places.ts";
import type { OptimisationInput } from "./input.ts";
import { neighborTerms } from "./neighbor_terms.ts";

const LAYERS = ["conv1_1", "conv3_1"];
const CONTENT = formulaPicture(40, 8, 1);
const STYLE = formulaPicture(28, 40, 2);

const INPUT: OptimisationInput = {
  options: transferOptions(CONTENT, {
    styleLayers: LAYERS.map((layer) => ({ layer, weight: 0.5 })),
    scales: [{ size: 32, steps: 1 }, { size: 256, steps: 1 }, { size: 260, steps: 1 }],
    normalizeLosses: true,
    styleMatch: "NEIGHBORS",
  }),
  content: CONTENT,
  styles: [{ picture: STYLE, weight: 1 }],
};

/** One scale, as where a transfer begins with a picture of its own. */
const ALONE: OptimisationInput = {
  ...INPUT,
  options: { ...INPUT.options, scales: INPUT.options.scales.slice(0, 1) },
};

/** Half of the places and then the others, as often as they are asked for. */
function inHalves({ at, places }: PlacesPart): AsyncIterable<PlacesPart> {
  const half = at.length >> 1;
  return {
    async *[Symbol.asyncIterator]() {
      for (const part of [at.slice(0, half), at.slice(half)]) {
        yield await Promise.resolve({ at: part, places: pickPlaces(places, part) });
      }
    },
  };
}

/** What a source is asked while the terms of a scale are made; what places take is the number of the search. */
async function asked(index: number, begun: (size: number) => Pixels | null, given = INPUT) {
  const pictures: Pixels[] = [];
  const sizes: Size[] = [];
  const candidates: number[] = [];
  const lengths: number[] = [];
  const source: Pick<TargetSource, "places" | "nearest"> = {
    places: (pixels, size, layers) => {
      pictures.push(pixels);
      sizes.push(size);
      const { width, height } = placeSize(size);
      const of = (layer: string) => Float32Array.from(formulaNoise(width * height * channelsAt(layer), 7));
      const places = new Map(layers.map((layer) => [layer, of(layer)]));
      return inHalves({ at: Array.from({ length: width * height }, (_, place) => place), places });
    },
    nearest: (queries, from, length) => {
      lengths.push(length);
      candidates.push(from.length / length);
      return Promise.resolve(new Int32Array(queries.length / length).fill(lengths.length - 1));
    },
  };
  const scale = given.options.scales[index]!;
  const from = begun(3 * scale.width * scale.height);
  const terms = await neighborTerms(source, nearestResize, given, scale, from);
  const content = toPixels(await nearestResize(CONTENT, scale));
  return {
    terms,
    lengths,
    searched: pictures[0]!,
    content,
    styles: pictures.slice(1),
    sizes: sizes.slice(1),
    candidates,
  };
}

const together = LAYERS.reduce((sum, layer) => sum + channelsAt(layer), 0);
const black = (count: number) => new Float32Array(count);
const near = (found: Pixels, wanted: Pixels) => found.every((value, i) => Math.abs(value - wanted[i]!) < 1e-3);

Deno.test("no neighbours are looked for at a small scale before the last", async () => {
  const { terms, lengths } = await asked(0, () => null);
  assert.deepEqual([terms, lengths], [[], []]);
});

Deno.test("neighbours are looked for in all layers together at a scale between, mostly in the picture so far", async () => {
  const { terms, lengths, searched, content } = await asked(1, black);
  assert.deepEqual(lengths, [together, together]);
  assert.ok(near(searched, content.map((value) => 0.25 * value)));
  assert.deepEqual(terms.map(({ layer, share }) => [layer, share]), LAYERS.map((layer) => [layer, 1]));
});

Deno.test("at the last of several scales each layer looks by itself, mostly in the picture so far", async () => {
  const { terms, lengths, searched, content } = await asked(2, black);
  assert.deepEqual(lengths, [...LAYERS, ...LAYERS].map(channelsAt));
  assert.ok(near(searched, content.map((value) => 0.25 * value)));
  assert.deepEqual(terms.map(({ layer }) => layer), LAYERS);
  const { width, height } = placeSize(INPUT.options.scales[2]!);
  const count = width * height;
  const halves = (first: number, second: number) =>
    Int32Array.from({ length: count }, (_, i) => i < count >> 1 ? first : second);
  assert.deepEqual(terms.map(({ taken }) => taken!.places), [halves(0, 2), halves(1, 3)]);
});

Deno.test("neighbours of an only scale, however small, are looked for in all layers together and the content alone", async () => {
  const { lengths, searched, content } = await asked(0, () => null, ALONE);
  assert.deepEqual(lengths, [together, together]);
  assert.deepEqual(searched, content);
});

Deno.test("a style may be turned: it is looked for in four copies, of its region alone", async () => {
  // The upper half of the style.
  const region = {
    width: 28,
    height: 40,
    rgb: Uint8Array.from({ length: 3 * 28 * 40 }, (_, i) => i < 3 * 28 * 20 ? 255 : 0),
  };
  const given = (styleTurns: boolean): OptimisationInput => ({
    ...ALONE,
    options: { ...ALONE.options, styleTurns },
    styles: [{ picture: STYLE, weight: 1, region }],
  });
  const upright = await asked(0, () => null, given(false));
  const turned = await asked(0, () => null, given(true));
  assert.equal(upright.styles.length, 1);
  assert.equal(turned.styles.length, 4);
  const [{ width, height }] = upright.sizes as [Size];
  const [first, ...others] = turned.sizes.map((size) => [size.width, size.height]);
  assert.deepEqual([first, ...others], [[width, height], [height, width], [width, height], [height, width]]);
  assert.deepEqual(turned.styles[0], upright.styles[0]);
  // The first pixel of the half turn is the last of the style.
  assert.deepEqual(turned.styles[2]!.subarray(0, 3), upright.styles[0]!.slice(-3));
  assert.equal(turned.candidates[0], 4 * upright.candidates[0]!);
});
