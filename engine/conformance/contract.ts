/**
 * What every backend must do besides getting the numbers right.
 *
 * @module
 */
import assert from "node:assert/strict";
import { suite } from "../../tests/testing/suite.ts";
import type { Backend } from "../backends/backend.ts";
import { channelsAt, placeSize, targetOf } from "../objective/neighbors.ts";
import type { Objective } from "../objective/objective.ts";
import { relativeDistance } from "../testing/distance.ts";
import { formulaNoise, formulaPixels, scaledNoise } from "../testing/formula.ts";
import type { DenseParameters, Vgg16Parameters } from "../vgg16.ts";
import classifier from "./golden/classifier.json" with { type: "json" };

const SIZE = { width: 19, height: 16 };
const LAYERS = ["conv1_2", "conv2_1"];
const PIXELS = formulaPixels(SIZE.width, SIZE.height, 1);
const OTHER = formulaPixels(SIZE.width, SIZE.height, 2);

/** Registers the tests for one backend. */
export function testBackendContract(
  name: string,
  open: (parameters: Vgg16Parameters) => Promise<Backend>,
  parameters: Vgg16Parameters,
): void {
  const test = suite(name, () => open(parameters));

  test("says what it is", ({ info }) => {
    for (const value of [info.backend, info.device, info.precision, info.version]) assert.match(value, /^\S/);
    return Promise.resolve();
  });

  test("gives features and Gram matrices for the asked layers alone", async (backend) => {
    const features = await backend.features(PIXELS, SIZE, LAYERS, "MAX");
    assert.deepEqual([...features.keys()].sort(), LAYERS);
    const grams = await backend.grams(PIXELS, SIZE, LAYERS, "MAX");
    assert.deepEqual([...grams].map(([layer, { length }]) => [layer, length]).sort(), [["conv1_2", 64 ** 2], [
      "conv2_1",
      128 ** 2,
    ]]);
    assert.equal((await backend.features(PIXELS, SIZE, [], "MAX")).size, 0);
    assert.equal((await backend.grams(PIXELS, SIZE, [], "MAX")).size, 0);
  });

  test("gives symmetric Gram matrices whose trace is the mean square of the features", async (backend) => {
    const gram = (await backend.grams(PIXELS, SIZE, ["conv1_1"], "MAX")).get("conv1_1")!;
    const transposed = gram.map((_, i) => gram[(i % 64) * 64 + Math.floor(i / 64)]!);
    assert.ok(relativeDistance(gram, transposed) < 1e-6);
    const features = (await backend.features(PIXELS, SIZE, ["conv1_1"], "MAX")).get("conv1_1")!;
    let trace = 0;
    for (let i = 0; i < 64; i++) trace += gram[65 * i]!;
    const squares = features.reduce((sum, value) => sum + value * value, 0);
    const mean = squares / (64 * SIZE.width * SIZE.height);
    assert.ok(Math.abs(trace / mean - 1) < 2e-3, `trace ${trace}, mean square ${mean}`);
  });

  test("takes Gram matrices of the part of a picture that a mask leaves, as its objectives do", async (backend) => {
    const values = Float32Array.from({ length: SIZE.width * SIZE.height }, (_, i) => i % SIZE.width < 8 ? 1 : 0);
    const left = { ...SIZE, values };
    const [masked, whole] = await Promise.all([
      backend.grams(PIXELS, SIZE, LAYERS, "MAX", left),
      backend.grams(PIXELS, SIZE, LAYERS, "MAX"),
    ]);
    const terms = LAYERS.map((layer) => ({ kind: "style" as const, layer, mask: 0 }));
    const objective = { size: SIZE, terms, masks: [left], pooling: "MAX" as const, normalizeGradients: false };
    const lossesAt = async (grams: ReadonlyMap<string, Float32Array>) => {
      const evaluator = await backend.compile(objective, LAYERS.map((layer) => grams.get(layer)!));
      const { losses } = await evaluator.evaluate(PIXELS, [1, 1]);
      await evaluator.dispose();
      return losses;
    };
    const [rest, others] = [await lossesAt(masked), await lossesAt(whole)];
    for (let i = 0; i < 2; i++) assert.ok(rest[i]! < 1e-4 * others[i]!, `${rest[i]}, ${others[i]}`);
    const all = await backend.grams(PIXELS, SIZE, LAYERS, "MAX", { ...SIZE, values: values.map(() => 1) });
    for (const layer of LAYERS) assert.ok(relativeDistance(all.get(layer)!, whole.get(layer)!) < 1e-5, layer);
  });

  test("finds nearest neighbours, and gives each place its features", async (backend) => {
    const layers = ["conv1_2", "conv2_1", "conv3_1", "conv4_1"];
    const [places, features] = [
      await backend.places(PIXELS, SIZE, layers, "MAX"),
      await backend.features(PIXELS, SIZE, layers, "MAX"),
    ];
    const { width, height } = placeSize(SIZE);
    for (const layer of layers) assert.equal(places.get(layer)!.length, width * height * channelsAt(layer));
    // Whatever the order of values, they have the same mean where there is one for each place.
    assert.ok(Math.abs(mean(places.get("conv3_1")!) / mean(features.get("conv3_1")!) - 1) < 2e-3);

    // A picture whose places have taken themselves is where it is to be.
    const own = Int32Array.from({ length: width * height }, (_, place) => place);
    const terms = layers.map((layer) => ({ kind: "neighbors" as const, layer, mask: null }));
    const evaluator = await backend.compile(
      { size: SIZE, terms, masks: [], pooling: "MAX", normalizeGradients: false },
      layers.map((layer) => targetOf(SIZE, layer, { places: own, rows: places.get(layer)! })),
    );
    const weights = layers.map(() => 1);
    const { losses: there } = await evaluator.evaluate(PIXELS, weights);
    const { losses: elsewhere } = await evaluator.evaluate(OTHER, weights);
    await evaluator.dispose();
    layers.forEach((layer, i) =>
      assert.ok(Math.abs(there[i]!) < 2e-3 * elsewhere[i]!, `${layer}: ${there[i]}, elsewhere ${elsewhere[i]}`)
    );

    const length = 26;
    // Whole numbers: in whatever order a device sums, its products are exact, and equals are equal.
    const numbers = (rows: number, salt: number) =>
      Float32Array.from(formulaNoise(rows * length, salt), (value) => Math.round(100 * value));
    const [queries, candidates] = [numbers(31, 1), numbers(17, 2)];
    const found = await backend.nearest(queries, candidates, length);
    const dotOf = (query: number, candidate: number) => {
      let sum = 0;
      for (let i = 0; i < length; i++) sum += queries[query * length + i]! * candidates[candidate * length + i]!;
      return sum;
    };
    const wanted = Array.from({ length: 31 }, (_, query) => {
      const products = Array.from({ length: 17 }, (_, candidate) => dotOf(query, candidate));
      return products.indexOf(Math.max(...products));
    });
    assert.deepEqual([...found], wanted);
    const twice = Float32Array.of(...candidates, ...candidates);
    assert.deepEqual([...await backend.nearest(queries, twice, length)], wanted, "the first of equals");
  });

  test("is at rest at its own target", async (backend) => {
    const { evaluator } = await compile(backend);
    const [there, elsewhere] = [await evaluator.evaluate(PIXELS, [1, 1]), await evaluator.evaluate(OTHER, [1, 1])];
    for (let i = 0; i < 2; i++) assert.ok(there.losses[i]! < 1e-5 * elsewhere.losses[i]!);
    assert.ok(norm(there.gradient) < 1e-2 * norm(elsewhere.gradient));
    await evaluator.dispose();
  });

  test("takes other weights at each call and gives fresh arrays", async (backend) => {
    const { evaluator } = await compile(backend);
    const results = [];
    for (const weights of [[1, 0], [0, 1], [3, -2], [0, 0]]) results.push(await evaluator.evaluate(OTHER, weights));
    const [content, style, mixed, none] = results as [Evaluated, Evaluated, Evaluated, Evaluated];
    for (const each of results) assert.deepEqual(each.losses, content.losses);
    const sum = content.gradient.map((value, i) => 3 * value - 2 * style.gradient[i]!);
    assert.ok(relativeDistance(mixed.gradient, sum) < 2e-3);
    assert.ok(none.gradient.every((value) => value === 0));
    await evaluator.dispose();
  });

  test("gives the same bytes for the same call, and does not change what it is given", async (backend) => {
    const [first, second] = [await compile(backend), await compile(backend)];
    const pixels = OTHER.slice();
    const wanted = await first.evaluator.evaluate(pixels, [1, 10]);
    await first.evaluator.evaluate(PIXELS, [1, 10]);
    for (const evaluator of [first.evaluator, second.evaluator]) {
      assert.deepEqual(await evaluator.evaluate(pixels, [1, 10]), wanted);
    }
    assert.deepEqual(pixels, OTHER);
    await first.evaluator.dispose();
    await second.evaluator.dispose();
  });

  test("lets a black mask count for nothing", async (backend) => {
    const black = { ...SIZE, values: new Float32Array(SIZE.width * SIZE.height) };
    const { evaluator } = await compile(backend, { masks: [black], mask: 0 });
    const { losses, gradient } = await evaluator.evaluate(OTHER, [1, 1]);
    assert.equal(losses[0], 0);
    assert.ok(losses.every(Number.isFinite));
    assert.ok(gradient.every((value) => value === 0));
    await evaluator.dispose();
  });

  test("computes more than one evaluation at a time", async (backend) => {
    const { evaluator } = await compile(backend);
    const alone = await evaluator.evaluate(OTHER, [1, 1]);
    const together = await Promise.all([OTHER, PIXELS, OTHER].map((pixels) => evaluator.evaluate(pixels, [1, 1])));
    assert.deepEqual(together[0], alone);
    assert.deepEqual(together[2], alone);
    await evaluator.dispose();
  });

  suite(name, () => open({ ...parameters, denses: formulaDenses() }))("classifies as PyTorch does", async (backend) => {
    const found = await backend.classify(formulaPixels(224, 224, classifier.salt));
    assert.equal(found.length, classifier.probabilities.length);
    assert.ok(relativeDistance(found, classifier.probabilities) < 2e-3, `${found}`);
  });

  test("refuses to classify without fully connected layers", async (backend) => {
    await assert.rejects(backend.classify(formulaPixels(224, 224, 1)), {
      code: "WEIGHTS_INCOMPLETE",
      message: /fc6, fc7, fc8/,
    });
  });
}

type Evaluated = Awaited<ReturnType<Awaited<ReturnType<Backend["compile"]>>["evaluate"]>>;

/** Content at the deeper and style at the shallower layer, of one picture. */
async function compile(backend: Backend, options: Partial<Pick<Objective, "masks">> & { mask?: number } = {}) {
  const content = (await backend.features(PIXELS, SIZE, ["conv2_1"], "MAX")).get("conv2_1")!;
  const style = (await backend.grams(PIXELS, SIZE, ["conv1_2"], "MAX")).get("conv1_2")!;
  const mask = options.mask ?? null;
  const evaluator = await backend.compile({
    size: SIZE,
    terms: [{ kind: "content", layer: "conv2_1", mask }, { kind: "style", layer: "conv1_2", mask }],
    masks: options.masks ?? [],
    pooling: "MAX",
    normalizeGradients: false,
  }, [content, style]);
  return { evaluator };
}

/** The small fully connected layers of `classifier()` in golden.py. */
function formulaDenses(): Map<string, DenseParameters> {
  let inUnits = 7 * 7 * 512;
  return new Map(classifier.units.map((units, i) => {
    const scale = classifier.scales[i]!;
    const kernel = scaledNoise(inUnits * units, 101 + i, scale);
    inUnits = units;
    return [`fc${6 + i}`, { kernel, bias: Float32Array.from(formulaNoise(units, 201 + i)) }];
  }));
}

function mean(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value / values.length, 0);
}

function norm(values: Float32Array): number {
  return Math.hypot(...values);
}
