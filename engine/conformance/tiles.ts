/**
 * What a backend must do for a picture that is evaluated in tiles: the same as for the whole.
 *
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { Target, TilingBackend } from "../backends/backend.ts";
import { gramOf } from "../objective/moments.ts";
import { channelsAt, pickPlaces, placeSize, type Taken, targetOf } from "../objective/neighbors.ts";
import type { Mask, Objective, Term } from "../objective/objective.ts";
import { type Size, toPixels } from "../picture.ts";
import { relativeDistance } from "../testing/distance.ts";
import { formulaNoise, formulaPicture, formulaPixels } from "../testing/formula.ts";
import { cutGrid } from "../tiles/tile_grid.ts";
import { canTile, TiledEvaluator } from "../tiles/tiled_evaluator.ts";
import { tiledGrams } from "../tiles/tiled_grams.ts";
import { tiledPlaces } from "../tiles/tiled_places.ts";
import type { Vgg16Parameters } from "../vgg16.ts";
import { whitener } from "../objective/whitening.ts";
import { formulaDirections, formulaMask } from "./cases.ts";
import type { OpenBackend, Tolerances } from "./conformance.ts";

/** What places of neighbours' terms may take. */
const CANDIDATES = 12;
const LAYERS = ["conv1_1", "conv1_2", "conv2_2", "conv3_1"];

/** An objective of random terms, and how the picture is cut. */
interface TiledCase {
  readonly width: number;
  readonly height: number;
  readonly columns: number;
  readonly rows: number;
  readonly terms: readonly Term[];
  readonly pooling: Objective["pooling"];
  readonly normalizeGradients: boolean;
  readonly keeps: boolean;
  readonly whitening?: number;
  readonly moments?: boolean;
}

const side = fc.integer({ min: 25, max: 44 });
const tiledCase: fc.Arbitrary<TiledCase> = fc.record({
  width: side,
  height: side,
  columns: fc.integer({ min: 1, max: 3 }),
  rows: fc.integer({ min: 1, max: 3 }),
  terms: fc.uniqueArray(
    fc.record({
      kind: fc.constantFrom("content" as const, "style" as const, "neighbors" as const),
      layer: fc.constantFrom(...LAYERS),
      mask: fc.constantFrom(null, 0, 1),
    }),
    { minLength: 1, maxLength: 3, selector: ({ kind, layer, mask }) => `${kind} ${layer} ${mask}` },
  ),
  pooling: fc.constantFrom("MAX", "AVERAGE"),
  normalizeGradients: fc.boolean(),
  keeps: fc.boolean(),
  whitening: fc.constantFrom(0, 0.9),
  moments: fc.boolean(),
});

const WIDE = {
  width: 45,
  height: 32,
  columns: 2,
  rows: 2,
  pooling: "MAX",
  normalizeGradients: false,
  keeps: true,
} as const;
/** A few that always run: deep layers, which need wide margins, and each option alone. */
const EXAMPLES: readonly TiledCase[] = [
  {
    ...WIDE,
    width: 96,
    height: 19,
    rows: 1,
    terms: [{ kind: "style", layer: "conv4_1", mask: null }, { kind: "content", layer: "conv2_2", mask: null }],
  },
  { ...WIDE, whitening: 0.9, terms: [{ kind: "style", layer: "conv2_2", mask: null }] },
  {
    ...WIDE,
    moments: true,
    terms: [{ kind: "style", layer: "conv2_2", mask: null }, { kind: "style", layer: "conv3_1", mask: 0 }],
  },
  {
    ...WIDE,
    width: 96,
    height: 19,
    rows: 1,
    terms: [{ kind: "neighbors", layer: "conv4_1", mask: 1 }, { kind: "neighbors", layer: "conv1_1", mask: null }],
  },
  {
    ...WIDE,
    normalizeGradients: true,
    terms: [{ kind: "neighbors", layer: "conv2_1", mask: 0 }, { kind: "neighbors", layer: "conv1_2", mask: null }],
  },
  { ...WIDE, pooling: "AVERAGE", terms: [{ kind: "style", layer: "conv3_1", mask: null }] },
  {
    ...WIDE,
    normalizeGradients: true,
    terms: [{ kind: "style", layer: "conv2_2", mask: null }, { kind: "content", layer: "conv3_1", mask: 1 }],
  },
  {
    ...WIDE,
    keeps: false,
    terms: [{ kind: "content", layer: "conv3_1", mask: 0 }, { kind: "style", layer: "conv2_2", mask: 1 }],
  },
];

/** Registers the tests for one backend. */
export function testTiles(name: string, open: OpenBackend, parameters: Vgg16Parameters, tolerances: Tolerances): void {
  Deno.test(`${name} gives in tiles the losses, the gradient, the Gram matrices and the places of the whole picture`, async () => {
    const backend = await open(parameters);
    try {
      if (!canTile(backend)) return;
      await fc.assert(fc.asyncProperty(tiledCase, (given) => checkTiles(backend, given, tolerances)), {
        seed: 1,
        numRuns: 5,
        examples: EXAMPLES.map((example) => [example]),
      });
    } finally {
      await backend.close();
    }
  });
}

/** One of the candidates for each place. */
function takenPlaces(size: Size, salt: number): Int32Array {
  const { width, height } = placeSize(size);
  return Int32Array.from(formulaNoise(width * height, salt), (value) => Math.floor(CANDIDATES * (value + 1) / 2));
}

async function checkTiles(backend: TilingBackend, given: TiledCase, { lossTolerance, gradientTolerance }: Tolerances) {
  const { width, height, terms, pooling, normalizeGradients, moments = false } = given;
  const size = { width, height };
  const masks: Mask[] = [{ width: 23, height: 40, salt: 1 }, { width, height, salt: 2 }].map(formulaMask);
  const content = formulaPicture(width, height, 3);
  const style = formulaPixels(width, height, 4);
  const cut = (size: { width: number; height: number }, layer: string) =>
    cutGrid(size, given.columns, given.rows, layer);

  const layers = terms.map(({ layer }) => layer);
  const features = await backend.features(toPixels(content), size, layers, pooling);
  const grams = await backend.grams(style, size, layers, pooling, null, moments);
  const tiled = await tiledGrams(backend, cut, style, size, [...new Set(layers)], pooling, null, moments);
  for (const [layer, gram] of tiled) {
    assert.ok(relativeDistance(gram, grams.get(layer)!) <= lossTolerance, `Gram matrix at ${layer}`);
  }

  const matched = terms.filter(({ kind }) => kind === "neighbors").map(({ layer }) => layer);
  if (matched.length > 0) {
    const wanted = await backend.places(style, size, matched, pooling);
    let count = 0;
    for await (const { at, places } of tiledPlaces(backend, cut, style, size, matched, pooling)) {
      count += at.length;
      for (const [layer, rows] of pickPlaces(wanted, at)) {
        assert.ok(relativeDistance(places.get(layer)!, rows) <= lossTolerance, `places at ${layer}`);
      }
    }
    assert.equal(count, takenPlaces(size, 0).length);
  }

  const taken = new Map(terms.flatMap(({ kind, layer }, i): [number, Taken][] => {
    const rows = formulaDirections(CANDIDATES, channelsAt(layer), 7 + i);
    return kind === "neighbors" ? [[i, { places: takenPlaces(size, i), rows }]] : [];
  }));
  const targets = terms.map(({ kind, layer }, i) => {
    if (kind === "neighbors") return targetOf(size, layer, taken.get(i)!);
    return (kind === "content" ? features : grams).get(layer)!;
  });
  const styles = given.whitening ? terms.flatMap(({ kind }, i) => kind === "style" ? [i] : []) : [];
  const whiteners = new Map(styles.map((i) => [i, whitener(gramOf(targets[i]!), given.whitening!)]));
  const objective: Objective = { size, terms, masks, pooling, normalizeGradients, whiteners, moments };
  const whole = await backend.compile(objective, targets);
  const parts = await TiledEvaluator.compile(backend, cut, objective, {
    content,
    grams: new Map(terms.flatMap(({ kind }, i): [number, Target][] => kind === "style" ? [[i, targets[i]!]] : [])),
    taken,
    keptBytes: given.keeps ? Infinity : 0,
  });
  try {
    const weights = terms.map(({ kind }, i) => (kind === "content" ? 1 : 100) * (i + 1));
    // Twice, because what is kept between steps must not change the result.
    for (const salt of given.keeps ? [5, 6] : [5]) {
      const pixels = formulaPixels(width, height, salt);
      const [wanted, found] = [await whole.evaluate(pixels, weights), await parts.evaluate(pixels, weights)];
      found.losses.forEach((loss, i) => {
        const error = Math.abs(loss / wanted.losses[i]! - 1);
        assert.ok(error <= lossTolerance, `${terms[i]!.kind} at ${terms[i]!.layer}: relative error ${error}`);
      });
      const distance = relativeDistance(found.gradient, wanted.gradient);
      assert.ok(distance <= gradientTolerance, `gradient: relative distance ${distance}`);
    }
  } finally {
    await whole.dispose();
    await parts.dispose();
  }
}
