import assert from "node:assert/strict";
import { suite } from "../../tests/testing/suite.ts";
import fc from "fast-check";
import type { Backend } from "../backends/backend.ts";
import type { DeviceOptimizer, MovingExtras } from "../backends/device_optimizer.ts";
import { OnnxBackend } from "../backends/onnx/backend.ts";
import type { OptimisationInput } from "./input.ts";
import { dot } from "../optimizers/vectors.ts";
import { largestMapBytes } from "../objective/objective.ts";
import type { LayerWeight, TransferOptions } from "../options/options.ts";
import { type Picture, type Pixels, type Size, toPixels } from "../picture.ts";
import { LEAST_CONTENT } from "./loss_terms.ts";
import { type LossWeights, PreparedScale } from "./prepared_scale.ts";
import { relativeDistance } from "../testing/distance.ts";
import { formulaNoise, formulaParameters, formulaPicture, formulaPixels } from "../testing/formula.ts";
import { nearestResize } from "../testing/nearest.ts";
import { transferOptions } from "../testing/options.ts";
import { withEvaluators } from "../testing/tampered_backend.ts";

const LAYERS = ["conv1_1", "conv1_2", "conv2_1", "conv2_2", "conv3_1", "conv3_3", "conv4_1"];
/** Central differences of a loss in float32 with kinks (ReLU, max-pool) are this near to its slope. */
const TOLERANCE = 0.02;

const parameters = formulaParameters("conv4_1");
const CONTENT = formulaPicture(48, 33, 2001);
const STYLES = [formulaPicture(40, 52, 2002), formulaPicture(33, 33, 2003), formulaPicture(64, 20, 2004)];

/** A transfer in short; all else is plain. */
interface Case {
  readonly size?: Size;
  readonly content?: readonly LayerWeight[];
  readonly style?: readonly LayerWeight[];
  readonly styles?: readonly { readonly weight: number; readonly masked?: boolean }[];
  readonly contentMask?: boolean;
  readonly options?: Partial<
    Pick<
      TransferOptions,
      | "pooling"
      | "styleScale"
      | "normalizeLosses"
      | "normalizeGradients"
      | "whitening"
      | "paletteWeight"
      | "temporalWeight"
    >
  >;
}

const test = suite("", () => OnnxBackend.open(parameters));
const content = (layer: string, weight = 1): readonly LayerWeight[] => [{ layer, weight }];
const style = content;

const SINGLE: Readonly<Record<string, Case>> = {
  ...Object.fromEntries(LAYERS.flatMap((layer): [string, Case][] => [
    [`content at ${layer}`, { content: content(layer) }],
    [`style at ${layer}`, { style: style(layer) }],
  ])),
  "total variation alone": { content: content("conv1_1", 0) },
  "average pools": { content: content("conv3_1"), style: style("conv2_2"), options: { pooling: "AVERAGE" } },
  "a content mask": { content: content("conv2_2"), contentMask: true },
  "a style mask": { style: style("conv2_2"), styles: [{ weight: 1, masked: true }] },
  "blended styles": { style: style("conv2_1"), styles: [{ weight: 1 }, { weight: 3 }, { weight: 0 }] },
  "styles with and without masks": {
    style: style("conv2_1"),
    styles: [{ weight: 1 }, { weight: 2, masked: true }, { weight: 0.5, masked: true }],
  },
  "normalised losses": { content: content("conv2_2"), style: style("conv3_1"), options: { normalizeLosses: true } },
  "whitened Gram matrices": { style: style("conv3_1"), options: { whitening: 0.9 } },
  "a palette": { content: content("conv1_1", 0), options: { paletteWeight: 2 } },
  "palettes of styles with masks": {
    content: content("conv1_1", 0),
    styles: [{ weight: 1 }, { weight: 2, masked: true }],
    options: { paletteWeight: 1, normalizeLosses: true },
  },
  "a style scale": { style: style("conv2_1"), options: { styleScale: 0.5 } },
};

/** The input of a case; the content mask and the styles' are noise of their own sizes. */
function inputOf(given: Case): OptimisationInput {
  const size = given.size ?? { width: 32, height: 22 };
  const options = {
    contentLayers: given.content ?? [],
    styleLayers: given.style ?? [],
    scales: [{ size: Math.max(size.width, size.height), steps: 1 }],
    ...given.options,
  };
  const styles = given.styles ?? [{ weight: 1 }];
  return {
    options: transferOptions(size, options),
    content: { ...CONTENT, ...(given.size ? formulaPicture(size.width, size.height, 2001) : {}) },
    styles: styles.map(({ weight, masked }, i) => ({
      weight,
      picture: STYLES[i]!,
      ...(masked ? { mask: formulaPicture(19 + i, 30 - i, 2010 + i) } : {}),
    })),
    ...(given.contentMask ? { contentMask: formulaPicture(17, 60, 2020) } : {}),
  };
}

/** What a transfer's only scale has at some pixels, as most tests ask. */
async function evaluate(backend: Backend, input: OptimisationInput, weights: LossWeights, at?: Pixels) {
  const scale = input.options.scales[0]!;
  const prepared = await PreparedScale.prepare(backend, nearestResize, input, scale);
  try {
    return await prepared.evaluate(at ?? formulaPixels(scale.width, scale.height, 1003), weights);
  } finally {
    await prepared.dispose();
  }
}

/** Weights under which content, style and total variation count about the same, and total variation less. */
async function evenWeights(prepared: PreparedScale, pixels: Pixels): Promise<LossWeights> {
  const { losses } = await prepared.evaluate(pixels, { contentWeight: 1, styleWeight: 1, tvWeight: 1 });
  return {
    contentWeight: 1 / (losses.content || 1),
    styleWeight: 1 / (losses.style || 1),
    tvWeight: losses.content + losses.style > 0 ? 0.2 / losses.tv : 1 / losses.tv,
  };
}

function moved(pixels: Pixels, direction: Float32Array, distance: number): Pixels {
  return pixels.map((value, i) => value + distance * direction[i]!);
}

/** Half along the gradient, where the loss changes most, half anywhere; one pixel value long on average. */
function testDirection(gradient: Float32Array, salt: number): Float32Array {
  const noise = Float32Array.from(formulaNoise(gradient.length, salt));
  const [own, other] = [Math.sqrt(dot(gradient, gradient)), Math.sqrt(dot(noise, noise))];
  const mixed = gradient.map((value, i) => value / own + noise[i]! / other);
  const scale = Math.sqrt(mixed.length / dot(mixed, mixed));
  return mixed.map((value) => value * scale);
}

/** Compares the gradient with differences of the total loss along a direction. */
async function checkSlope(backend: OnnxBackend, given: Case, salt = 7): Promise<void> {
  const input = inputOf(given);
  const scale = input.options.scales[0]!;
  const prepared = await PreparedScale.prepare(backend, nearestResize, input, scale);
  try {
    const pixels = formulaPixels(scale.width, scale.height, 1003);
    const weights = await evenWeights(prepared, pixels);
    const { losses, gradient } = await prepared.evaluate(pixels, weights);
    const direction = testDirection(gradient, salt);
    const slope = dot(gradient, direction);
    const loss = async (distance: number) =>
      (await prepared.evaluate(moved(pixels, direction, distance), weights)).losses.total;
    const distance = 0.1;
    const wanted = (await loss(distance) - await loss(-distance)) / (2 * distance);
    const error = Math.abs(slope - wanted) / Math.abs(wanted);
    assert.ok(error < TOLERANCE, `slope ${slope}, differences ${wanted}, loss ${losses.total}, error ${error}`);
  } finally {
    await prepared.dispose();
  }
}

test("a picture with a map that is too large for the device is evaluated in tiles", async (backend) => {
  const options = { paletteWeight: 1 };
  const input = inputOf({
    size: { width: 140, height: 60 },
    content: content("conv1_2"),
    style: style("conv2_1"),
    options,
  });
  const scale = input.options.scales[0]!;
  const small: Backend = {
    info: backend.info,
    largestMap: 4 * 64 * 110 * 74,
    features: (...given) => backend.features(...given),
    grams: (...given) => backend.grams(...given),
    places: (...given) => backend.places(...given),
    nearest: (...given) => backend.nearest(...given),
    compile: () => assert.fail("compiled for the whole picture"),
    compileTiles: (objective, areas) => {
      assert.ok(largestMapBytes(objective.size, "conv2_1") <= small.largestMap!);
      return backend.compileTiles(objective, areas);
    },
    classify: (pixels) => backend.classify(pixels),
    close: () => Promise.resolve(),
  };
  const pixels = formulaPixels(scale.width, scale.height, 1003);
  const weights = { contentWeight: 1, styleWeight: 1, tvWeight: 0 };
  const [whole, tiled] = [
    await evaluate(backend, input, weights, pixels),
    await evaluate(small, input, weights, pixels),
  ];
  assert.ok(Math.abs(tiled.losses.total / whole.losses.total - 1) < 1e-5);
  assert.ok(relativeDistance(tiled.gradient, whole.gradient) < 1e-4);
});

test("terms of the pixels and averages keep the picture here, where a device would not know of them", async (backend) => {
  const given: (MovingExtras | undefined)[] = [];
  const adam: DeviceOptimizer = {
    step: () => assert.fail("moved on the device"),
    pixels: () => assert.fail("moved on the device"),
    state: () => assert.fail("moved on the device"),
    dispose: () => {},
  };
  const device = (movesExtras?: boolean) =>
    withEvaluators(backend, (evaluator) => ({
      ...movesExtras === undefined ? {} : { movesExtras },
      evaluate: (pixels, weights) => evaluator.evaluate(pixels, weights),
      adam: (_options, _state, extras) => {
        given.push(extras);
        return Promise.resolve(adam);
      },
      dispose: () => evaluator.dispose(),
    }));
  const average = { decay: 0.5, sum: new Float32Array(0) };
  const kept = { width: 1, height: 1, values: Float32Array.of(1) };
  const frame = { initPicture: CONTENT, kept };
  const cases = [
    [{ paletteWeight: 0 }, {}, adam],
    [{ paletteWeight: 1 }, {}, null],
    [{ temporalWeight: 1 }, {}, adam],
    [{ temporalWeight: 1 }, frame, null],
    [{ temporalWeight: 0 }, frame, adam],
  ] as const;
  for (const [options, of, wanted] of cases) {
    const input = { ...inputOf({ style: style("conv1_1"), options }), ...of };
    const [scale, state] = [input.options.scales[0]!, { numbers: {}, arrays: {} }];
    const prepared = await PreparedScale.prepare(device(), nearestResize, input, scale);
    assert.equal(await prepared.onDevice(input.options.optimizer, state), wanted);
    assert.equal(await prepared.onDevice(input.options.optimizer, state, average), null);
    await prepared.dispose();
    const knowing = await PreparedScale.prepare(device(true), nearestResize, input, scale);
    assert.equal(await knowing.onDevice(input.options.optimizer, state, average), adam);
    assert.equal(given.at(-1)!.average, average);
    assert.equal(given.at(-1)!.pixelGoals.length, wanted === null ? 1 : 0);
    await knowing.dispose();
  }
});

test("a palette alone brings the colours to the style's, and leaves what is where", async (backend) => {
  const input = inputOf({ style: style("conv1_1", 0), options: { paletteWeight: 1, normalizeLosses: true } });
  const scale = input.options.scales[0]!;
  const pixels = toPixels(await nearestResize(input.content, scale));
  const weights = { contentWeight: 0, styleWeight: 1, tvWeight: 0 };
  const { losses, gradient } = await evaluate(backend, input, weights, pixels);
  assert.equal(losses.layers.at(-1)!.layer, "palette");
  assert.equal(losses.total, losses.layers.at(-1)!.value);
  const step = losses.total / dot(gradient, gradient);
  const next = await evaluate(backend, input, weights, moved(pixels, gradient, -step));
  assert.ok(next.losses.total < 0.5 * losses.total, `${losses.total}, then ${next.losses.total}`);
});

test("the gradient of every term and option alone agrees with differences of the total loss", async (backend, t) => {
  for (const [name, given] of Object.entries(SINGLE)) {
    await t.step(name, () => checkSlope(backend, given));
  }
});

const side = fc.integer({ min: 17, max: 64 });
const layerWeights = (max: number) =>
  fc.uniqueArray(fc.record({ layer: fc.constantFrom(...LAYERS), weight: fc.constantFrom(0.2, 1, 3) }), {
    selector: ({ layer }) => layer,
    maxLength: max,
  });
const anyCase: fc.Arbitrary<Case> = fc.record({
  size: fc.record({ width: side, height: side }),
  content: layerWeights(2),
  style: layerWeights(3),
  styles: fc.array(fc.record({ weight: fc.constantFrom(0.5, 1, 2), masked: fc.boolean() }), {
    minLength: 1,
    maxLength: 3,
  }),
  contentMask: fc.boolean(),
  options: fc.record({
    pooling: fc.constantFrom("MAX" as const, "AVERAGE" as const),
    styleScale: fc.constantFrom(0.5, 1, 1.3),
    normalizeLosses: fc.boolean(),
    whitening: fc.constantFrom(0, 0.5, 0.95),
  }),
}).filter(({ content, style }) => content.length + style.length > 0);

test("the gradient of terms and options in combination agrees with differences, at any size and shape", async (backend) => {
  await fc.assert(fc.asyncProperty(anyCase, fc.nat(1000), (given, salt) => checkSlope(backend, given, salt)), {
    seed: 1,
    numRuns: 40,
  });
});

test("a normalised gradient has the direction of the plain one, and terms add up", async (backend) => {
  const anyLayers = fc.record({
    size: fc.record({ width: side, height: side }),
    content: layerWeights(1),
    style: layerWeights(1),
    contentMask: fc.boolean(),
    styles: fc.constantFrom([{ weight: 1 }], [{ weight: 1, masked: true }]),
  }).filter(({ content, style }) => content.length === 1 && style.length === 1);
  const property = fc.asyncProperty(anyLayers, async (given) => {
    const at = (normalizeGradients: boolean, weights: LossWeights) =>
      evaluate(backend, inputOf({ ...given, options: { normalizeGradients } }), weights);
    const one = { contentWeight: 1, styleWeight: 0, tvWeight: 0 };
    const other = { contentWeight: 0, styleWeight: 1, tvWeight: 0 };
    const alone: Float32Array[] = [];
    for (const weights of [one, other]) {
      const [plain, normalized] = [await at(false, weights), await at(true, weights)];
      assert.deepEqual(normalized.losses, plain.losses);
      const [a, b] = [plain.gradient, normalized.gradient];
      const cosine = dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
      assert.ok(cosine > 1 - 1e-6, `cosine ${cosine}`);
      alone.push(normalized.gradient);
    }
    const both = await at(true, { contentWeight: 2, styleWeight: 5, tvWeight: 0 });
    const sum = both.gradient.map((_, i) => 2 * alone[0]![i]! + 5 * alone[1]![i]!);
    assert.ok(relativeDistance(both.gradient, sum) < 1e-4);
  });
  await fc.assert(property, { seed: 1, numRuns: 12 });
});

test("the total is the weighted sum of its parts, and they of their layers", async (backend) => {
  const weight = fc.constantFrom(0, 0.3, 7, 1e6);
  const weights = fc.record({ contentWeight: weight, styleWeight: weight, tvWeight: weight });
  const property = fc.asyncProperty(anyCase, weights, async (given, weights) => {
    const input = inputOf(given);
    const { losses } = await evaluate(backend, input, weights);
    for (const kind of ["content", "style"] as const) {
      const layers = losses.layers.filter((layer) => layer.kind === kind);
      const asked = kind === "content" ? input.options.contentLayers : input.options.styleLayers;
      assert.deepEqual(layers.map(({ layer }) => layer), asked.map(({ layer }) => layer), "one loss for each layer");
      assertNear(losses[kind], layers.reduce((sum, { value }) => sum + value, 0));
    }
    const { contentWeight, styleWeight, tvWeight } = weights;
    assertNear(losses.total, contentWeight * losses.content + styleWeight * losses.style + tvWeight * losses.tv);
  });
  await fc.assert(property, { seed: 2, numRuns: 15 });
});

test("styles of weight 0 count for nothing, and nothing else than they is refused", async (backend) => {
  const weights = { contentWeight: 1, styleWeight: 1, tvWeight: 0 };
  for (const masked of [false, true]) {
    const input = inputOf({
      content: content("conv1_1"),
      style: style("conv1_2"),
      styles: [{ weight: 0, masked }],
    });
    const { losses } = await evaluate(backend, input, weights);
    assert.ok(losses.content > 0);
    assert.equal(losses.style, 0);
  }
  const nothing = inputOf({ style: style("conv1_2"), styles: [{ weight: 0 }] });
  await assert.rejects(evaluate(backend, nothing, weights), { code: "BAD_USER_INPUT", field: "styles.0.weight" });
});

/** Content at two layers and style at two, as the presets of the project's own weigh them. */
const NORMALISED: Case = {
  content: [{ layer: "conv1_2", weight: 0.5 }, { layer: "conv3_1", weight: 2 }],
  style: [{ layer: "conv1_1", weight: 1 }, { layer: "conv3_3", weight: 2 }],
  options: { normalizeLosses: true, whitening: 0.1 },
};

function flatPicture(red: number, green: number, blue: number): Picture {
  const rgb = Uint8Array.from({ length: 3 * 32 * 22 }, (_, i) => [red, green, blue][i % 3]!);
  return { width: 32, height: 22, rgb };
}

test("a style's own scale is one of all styles for it alone, with its region; 1 is as if there were none", async (backend) => {
  const of = (all: number, ...scales: (number | null)[]) => {
    const input = inputOf({
      style: style("conv2_1"),
      styles: scales.map(() => ({ weight: 1 })),
      options: { styleScale: all },
    });
    const region = formulaPicture(21, 13, 2030);
    const styles = input.styles.map((style, i) => ({
      ...style,
      region,
      ...(scales[i] === null ? {} : { scale: scales[i]! }),
    }));
    return evaluate(backend, { ...input, styles }, { contentWeight: 0, styleWeight: 1, tvWeight: 0 });
  };
  assert.deepEqual(await of(1, 2, 2), await of(2, null, null));
  assert.deepEqual(await of(2, 0.5, 1), await of(1, 1, 2));
  assert.deepEqual(await of(1, 1, 1), await of(1, null, null));
  assert.notDeepEqual(await of(1, 2, 1), await of(1, 1, 1));
});

test("a style that is looked at as small as can be still has a gradient", async (backend) => {
  const input = inputOf({ style: style("conv4_1"), options: { styleScale: 0.1 } });
  const small = { ...input, styles: input.styles.map((style) => ({ ...style, scale: 0.25 })) };
  const { losses, gradient } = await evaluate(backend, small, { contentWeight: 0, styleWeight: 1, tvWeight: 0 });
  assert.ok(losses.style > 0 && gradient.every(Number.isFinite));
});

/** A backend that writes down what it is asked for. */
function asking(backend: OnnxBackend) {
  const asked = { features: [] as string[], grams: [] as string[], terms: [] as string[], evaluations: 0 };
  const counting = withEvaluators(backend, (evaluator) => ({
    evaluate: (...args) => {
      asked.evaluations++;
      return evaluator.evaluate(...args);
    },
    dispose: () => evaluator.dispose(),
  }));
  const writing: Backend = {
    ...counting,
    features: (pixels, size, layers, pooling) => {
      asked.features.push(...layers);
      return backend.features(pixels, size, layers, pooling);
    },
    grams: (pixels, size, layers, ...rest) => {
      asked.grams.push(...layers);
      return backend.grams(pixels, size, layers, ...rest);
    },
    compile: (objective, targets) => {
      asked.terms.push(...objective.terms.map(({ kind, layer }) => `${kind} ${layer}`));
      return counting.compile(objective, targets);
    },
  };
  return { asked, writing };
}

test("what has weight 0 is not computed: layers, styles, and the network above the deepest that counts", async (backend) => {
  const some = inputOf({
    content: [...content("conv1_1"), ...content("conv4_1", 0)],
    style: [...style("conv2_1"), ...style("conv3_3", 0)],
    styles: [{ weight: 1 }, { weight: 0 }, { weight: 0, masked: true }],
  });
  const { asked, writing } = asking(backend);
  const weights = { contentWeight: 1, styleWeight: 1, tvWeight: 0 };
  const { losses, gradient } = await evaluate(writing, some, weights);
  assert.deepEqual(asked, {
    features: ["conv1_1"],
    grams: ["conv2_1"],
    terms: ["content conv1_1", "style conv2_1"],
    evaluations: 1,
  });
  const alone = await evaluate(backend, inputOf({ content: content("conv1_1"), style: style("conv2_1") }), weights);
  assert.deepEqual(gradient, alone.gradient);
  assert.equal(losses.total, alone.losses.total);
  const unweighted = [["content", "conv4_1"], ["style", "conv3_3"]] as const;
  assert.deepEqual(losses.layers, [
    ...alone.losses.layers,
    ...unweighted.map(([kind, layer]) => ({ kind, layer, value: 0 })),
  ]);
});

test("normalised losses take the network's way forward, and no evaluation before the first step", async (backend) => {
  const { asked, writing } = asking(backend);
  const scale = inputOf(NORMALISED).options.scales[0]!;
  await (await PreparedScale.prepare(writing, nearestResize, inputOf(NORMALISED), scale)).dispose();
  assert.equal(asked.evaluations, 0);
});

test("normalised losses begin each style layer at its weight, even with a style of one colour", async (backend, t) => {
  const styles: Readonly<Record<string, Picture>> = { noise: STYLES[0]!, "one colour": flatPicture(200, 30, 30) };
  for (const [name, picture] of Object.entries(styles)) {
    await t.step(name, async () => {
      const input = { ...inputOf(NORMALISED), styles: [{ weight: 1, picture }] };
      const content = toPixels(await nearestResize(input.content, input.options.scales[0]!));
      const weights = { contentWeight: 1, styleWeight: 1, tvWeight: 0 };
      const { losses } = await evaluate(backend, input, weights, content);
      const values = losses.layers.filter(({ kind }) => kind === "style").map(({ value }) => value);
      assert.deepEqual(values.map((value) => Math.round(1000 * value) / 1000), [1, 2]);
      assert.equal(losses.content, 0);
    });
  }
});

test("a flat content does not outweigh the style: the style's own features bound its loss", async (backend, t) => {
  for (const value of [0, 116, 128, 255]) {
    await t.step(`grey of ${value}`, async () => {
      const input = { ...inputOf(NORMALISED), content: flatPicture(value, value, value) };
      const seen = toPixels(await nearestResize(STYLES[0]!, input.options.scales[0]!));
      const weights = { contentWeight: 1, styleWeight: 1, tvWeight: 0 };
      const { losses } = await evaluate(backend, input, weights, seen);
      const most = 2 * (1 + 1 / LEAST_CONTENT) * (0.5 + 2);
      assert.ok(losses.content > 0 && losses.content < most, `content loss ${losses.content}, at most ${most}`);
    });
  }
});

function assertNear(found: number, wanted: number): void {
  assert.ok(Math.abs(found - wanted) <= 1e-12 * Math.abs(wanted), `${found}, wanted ${wanted}`);
}

/** A picture whose left half is one picture and whose right half another. */
function halves(left: Picture, right: Picture): Picture {
  const { width, height } = left;
  const rgb = left.rgb.slice();
  for (let i = 0; i < width * height; i++) {
    if (i % width >= width / 2) rgb.set(right.rgb.subarray(3 * i, 3 * i + 3), 3 * i);
  }
  return { width, height, rgb };
}

/** White on the left, black on the right. */
function leftMask(width: number, height: number): Picture {
  const rgb = Uint8Array.from(
    { length: 3 * width * height },
    (_, i) => Math.floor(i / 3) % width < width / 2 ? 255 : 0,
  );
  return { width, height, rgb };
}

test("a region takes the style from that part of its picture, and so does what is not transparent", async (backend) => {
  const input = inputOf({ style: style("conv1_1"), styles: [{ weight: 1 }] });
  const [one, other] = [formulaPicture(32, 22, 7), flatPicture(200, 200, 200)];
  const loss = async (changed: Partial<OptimisationInput["styles"][number]>, at: Picture) => {
    const styles = [{ picture: halves(one, other), weight: 1, ...changed }];
    return (await evaluate(backend, { ...input, styles }, input.options, toPixels(at))).losses.style;
  };
  const seen = leftMask(32, 22).rgb.filter((_, i) => i % 3 === 0);
  for (const changed of [{ region: leftMask(32, 22) }, { picture: { ...halves(one, other), alpha: seen } }]) {
    // The border of the picture, which convolutions see as black, and the seam are not the same everywhere.
    assert.ok(await loss(changed, one) < 0.05 * await loss(changed, halves(one, other)));
  }
  assert.ok(await loss({}, halves(one, other)) < 1e-6 * await loss({}, one));
});

test("neither content nor style counts where the content is transparent", async (backend) => {
  const input = inputOf({ content: content("conv1_1"), style: style("conv1_1"), styles: [{ weight: 1 }] });
  const { width, height } = input.options.scales[0]!;
  const alpha = leftMask(width, height).rgb.filter((_, i) => i % 3 === 0);
  const seen = { ...formulaPicture(width, height, 3), alpha };
  const weights = { ...input.options, tvWeight: 0 };
  const pixels = formulaPixels(width, height, 4);
  const { losses, gradient } = await evaluate(backend, { ...input, content: seen }, weights, pixels);
  assert.ok(losses.content > 0 && losses.style > 0);
  for (let i = 0; i < width * height; i++) {
    // One pixel beyond the edge is seen by a convolution on the edge.
    if (i % width <= width / 2) continue;
    assert.deepEqual([...gradient.subarray(3 * i, 3 * i + 3)].map(Math.abs), [0, 0, 0], `pixel ${i % width}`);
  }
});

test("a style of which nothing counts is refused", async (backend) => {
  const input = inputOf({ style: style("conv1_1"), styles: [{ weight: 1 }] });
  const black = { width: 2, height: 2, rgb: new Uint8Array(12) };
  const unseen = { ...STYLES[0]!, alpha: new Uint8Array(STYLES[0]!.width * STYLES[0]!.height) };
  for (
    const [changed, field] of [[{ region: black }, "styles.0.region"], [
      { picture: unseen },
      "styles.0.image",
    ]] as const
  ) {
    const styles = [{ picture: STYLES[0]!, weight: 1, ...changed }];
    await assert.rejects(evaluate(backend, { ...input, styles }, input.options), { code: "BAD_USER_INPUT", field });
  }
});
