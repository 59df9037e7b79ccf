/** Every kernel beside plain loops in float64, over odd sizes and channel counts. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { MovingAverage } from "../../../descent/moving_average.ts";
import { colorStatistics } from "../../../objective/color_statistics.ts";
import { compareMoments as compareFigureMoments, momentTarget } from "../../../objective/moments.ts";
import { paletteTerm } from "../../../objective/palette.ts";
import { temporalTerm } from "../../../objective/temporal.ts";
import { addTotalVariation } from "../../../objective/total_variation.ts";
import { halvingsOf, LEAST_LENGTH } from "../../../objective/neighbors.ts";
import { AVERAGE_POOL_GAIN } from "../../../objective/pooling.ts";
import { Adam, adamRates } from "../../../optimizers/adam.ts";
import { smoothing } from "../../../optimizers/smoothing.ts";
import { addCombination, dot } from "../../../optimizers/vectors.ts";
import { relativeDistance } from "../../../testing/distance.ts";
import { formulaNoise } from "../../../testing/formula.ts";
import { transferOptions } from "../../../testing/options.ts";
import type { Device } from "../device.ts";
import { mapLength, quadCount } from "../feature_map.ts";
import { searchNearest } from "../neighbor_search.ts";
import { mapOf } from "../network_plan.ts";
import { packKernel } from "../parameters.ts";
import { addPlaces, rowsToMap } from "../places_plan.ts";
import { Plan, type PlannedBuffer } from "../plan.ts";
import { runPlan, testOnDevice } from "../testing/device.ts";
import { fromQuads, noisePlanes, type Planes, planesOf, type Shape, toQuads, valueAt } from "../testing/planes.ts";
import { addSmoothing } from "../smoothing_plan.ts";
import { addWinograd } from "../winograd_plan.ts";
import { packWinograd } from "../winograd_weights.ts";
import { adam, adamGroups, RATES } from "./adam.ts";
import { arrive } from "./arrive.ts";
import { average } from "./average.ts";
import { colorPull } from "./color_pull.ts";
import { COLOR_SUMS, colorParts, colorSums } from "./color_sums.ts";
import { colorTransport, paletteNumbers, TRANSPORT } from "./color_transport.ts";
import { combine } from "./combine.ts";
import { content } from "./content.ts";
import { convBlocks } from "./conv_blocks.ts";
import { CONV_TILES, PLAIN_TILE } from "./conv_tile.ts";
import { convTiles } from "./conv_tiles.ts";
import { cosineParts, cosines } from "./cosines.ts";
import { difference } from "./difference.ts";
import { dotCount, dotParts, dotPlace, dots } from "./dots.ts";
import { groupCount, partsOf } from "./elementwise.ts";
import { enter } from "./enter.ts";
import { gram, spansOf } from "./gram.ts";
import { gramParts, gramSum } from "./gram_sum.ts";
import { largest, largestSpans } from "./largest.ts";
import { leave } from "./leave.ts";
import { matrixProduct } from "./matrix_product.ts";
import { compareMoments, means } from "./moments.ts";
import { neighborGradient } from "./neighbor_gradient.ts";
import { normalized } from "./normalized.ts";
import { pool } from "./pool.ts";
import { poolGradient } from "./pool_gradient.ts";
import { PROGRESS, record, ROW_HEAD } from "./record.ts";
import { reduce } from "./reduce.ts";
import { stayNear } from "./stay_near.ts";
import { styleGradient } from "./style_gradient.ts";
import { toBytes, wordsOf } from "./to_bytes.ts";
import { total } from "./total.ts";
import { SEARCH, searchNumbers, trial } from "./trial.ts";

const TOLERANCE = 1e-5;
const side = fc.integer({ min: 1, max: 37 });
const channels = fc.integer({ min: 1, max: 45 });
const flag = fc.boolean();
const pooling = fc.constantFrom("MAX" as const, "AVERAGE" as const);

/** Checks a property on a device with few cases, which are the same at each run. */
function testKernel<T>(title: string, cases: fc.Arbitrary<T>, check: (device: Device, given: T) => Promise<void>) {
  testOnDevice(title, async (device) => {
    await fc.assert(fc.asyncProperty(cases, (given) => check(device, given)), { seed: 1, numRuns: 12 });
  });
}

function assertNear(found: ArrayLike<number>, wanted: ArrayLike<number>, what = "values"): void {
  assert.equal(found.length, wanted.length);
  const distance = relativeDistance(found, wanted);
  assert.ok(distance <= TOLERANCE, `${what}: relative distance ${distance}, wanted at most ${TOLERANCE}`);
}

testKernel(
  "a convolution is the sum over nine taps, with bias and ReLU, with what was there, through a ReLU",
  fc.record({
    width: side,
    height: side,
    inChannels: channels,
    outChannels: channels,
    bias: flag,
    sum: flag,
    derivative: flag,
    mostFlops: fc.constantFrom(1, 1e5, 1e12),
    tile: fc.constantFrom(undefined, { ...PLAIN_TILE, width: 8, quads: 1 }, { ...PLAIN_TILE, quads: 3 }),
    kind: fc.constantFrom("TILES" as const, "BLOCKS" as const, "WINOGRAD" as const),
    mostBytes: fc.constantFrom(1, 1e6),
  }),
  async (device, given) => {
    const { width, height, inChannels, outChannels, bias, sum, derivative, tile, mostFlops, kind, mostBytes } = given;
    const x = noisePlanes({ width, height, channels: inChannels }, 1);
    const shape = { width, height, channels: outChannels };
    const [before, behind] = [noisePlanes(shape, 2), noisePlanes(shape, 3, true)];
    const kernel = formulaNoise(9 * inChannels * outChannels, 4);
    const tap = (row: number, column: number, input: number, output: number) =>
      kernel[((3 * row + column) * inChannels + input) * outChannels + output]!;
    const biases = noisePlanes({ width: 1, height: 1, channels: outChannels }, 5);

    const plan = new Plan();
    const [from, to] = [mapOf(plan, "x", x), mapOf(plan, "y", shape)];
    const activation = mapOf(plan, "activation", shape);
    const packed = (kind === "WINOGRAD" ? packWinograd : packKernel)(tap, inChannels, outChannels);
    const weights = plan.buffer("weights", packed.length);
    const biasBuffer = plan.buffer("bias", toQuads(biases).length);
    const output = { sum, ...(bias ? { bias: biasBuffer } : {}), ...(derivative ? { activation } : {}) };
    if (kind === "BLOCKS") plan.add(convBlocks(from, weights, to, output));
    else if (kind === "WINOGRAD") addWinograd(plan, from, weights, to, output, mostBytes);
    else plan.add(...convTiles(from, weights, to, output, { mostFlops, ...(tile ? { tile } : {}) }));
    const found = await runPlan(device, plan, [
      [from.buffer, toQuads(x)],
      [to.buffer, toQuads(before)],
      [activation.buffer, toQuads(behind)],
      [weights, packed],
      [biasBuffer, toQuads(biases)],
    ], to.buffer);

    const wanted = planesOf(shape, (output, row, column) => {
      let value = 0;
      for (let input = 0; input < inChannels; input++) {
        for (let k = 0; k < 9; k++) {
          const [dy, dx] = [Math.floor(k / 3), k % 3];
          value += tap(dy, dx, input, output) * valueAt(x, input, row + dy - 1, column + dx - 1);
        }
      }
      if (bias) value = Math.max(0, value + biases.values[output]!);
      if (sum) value += valueAt(before, output, row, column);
      return derivative && valueAt(behind, output, row, column) <= 0 ? 0 : value;
    });
    assertNear(fromQuads(found, shape).values, wanted.values);
  },
);

testOnDevice("every layout of a convolution gives the same bytes", async (device) => {
  // No side is a whole number of tiles, and the last group of quads is not full.
  const x = noisePlanes({ width: 37, height: 21, channels: 9 }, 1);
  const shape = { width: 37, height: 21, channels: 45 };
  const [before, behind] = [noisePlanes(shape, 2), noisePlanes(shape, 3, true)];
  const kernel = formulaNoise(9 * 9 * 45, 4);
  const packed = packKernel(
    (row, column, input, output) => kernel[((3 * row + column) * 9 + input) * 45 + output]!,
    9,
    45,
  );
  const results: Float32Array[] = [];
  for (const tile of CONV_TILES) {
    const plan = new Plan();
    const [from, to, activation] = [mapOf(plan, "x", x), mapOf(plan, "y", shape), mapOf(plan, "activation", shape)];
    const weights = plan.buffer("weights", packed.length);
    plan.add(...convTiles(from, weights, to, { sum: true, activation }, { tile, mostFlops: 1e6 }));
    assert.ok(plan.dispatches.length > 1);
    results.push(
      await runPlan(device, plan, [
        [from.buffer, toQuads(x)],
        [to.buffer, toQuads(before)],
        [activation.buffer, toQuads(behind)],
        [weights, packed],
      ], to.buffer),
    );
  }
  assert.ok(results[0]!.some((value) => value !== 0));
  for (const [i, found] of results.entries()) {
    assert.ok(found.every((value, at) => Object.is(value, results[0]![at])), JSON.stringify(CONV_TILES[i]));
  }
});

/** What a pool gives out, and how many inputs there are and are the largest in each window. */
function plainPool(x: Planes, kind: "MAX" | "AVERAGE") {
  const shape = { width: Math.ceil(x.width / 2), height: Math.ceil(x.height / 2), channels: x.channels };
  const inputs = (channel: number, row: number, column: number) =>
    [[0, 0], [0, 1], [1, 0], [1, 1]].map(([dy, dx]) => [2 * row + dy!, 2 * column + dx!] as const)
      .filter(([y, x_]) => y < x.height && x_ < x.width)
      .map(([y, x_]) => valueAt(x, channel, y, x_));
  const pooled = planesOf(shape, (...at) => {
    const values = inputs(...at);
    if (kind === "MAX") return Math.max(...values);
    return (AVERAGE_POOL_GAIN * values.reduce((a, b) => a + b)) / values.length;
  });
  return { shape, pooled, inputs };
}

testKernel(
  "a pool takes the largest or the mean of what lies inside, and its gradient goes back there, shared by equal maxima",
  fc.record({ width: side, height: side, channels, kind: pooling, sum: flag, levels: fc.integer({ min: 2, max: 9 }) }),
  async (device, { width, height, channels, kind, sum, levels }) => {
    const shape = { width, height, channels };
    // Few levels: many maxima are equal.
    const noise = noisePlanes(shape, 1, true);
    const x = { ...shape, values: noise.values.map((value) => Math.floor(levels * value) / levels) };
    const { shape: small, pooled, inputs } = plainPool(x, kind);
    const [before, behind] = [noisePlanes(shape, 2), noisePlanes(small, 3)];

    const plan = new Plan();
    const maps = [
      mapOf(plan, "x", shape),
      mapOf(plan, "y", small),
      mapOf(plan, "behind", small),
      mapOf(plan, "g", shape),
    ];
    const [from, to, back, gradient] = maps as [typeof maps[0], typeof maps[0], typeof maps[0], typeof maps[0]];
    plan.add(pool(from, to, kind), poolGradient(from, back, gradient, kind, sum));
    const given = [
      [from.buffer, toQuads(x)],
      [back.buffer, toQuads(behind)],
      [gradient.buffer, toQuads(before)],
    ] as const;
    assertNear(fromQuads(await runPlan(device, plan, given, to.buffer), small).values, pooled.values, "pool");

    const wanted = planesOf(shape, (channel, row, column) => {
      const [value, window] = [valueAt(x, channel, row, column), [channel, row >> 1, column >> 1] as const];
      if (value <= 0) return 0;
      const values = inputs(...window);
      const largest = Math.max(...values);
      const share = kind === "AVERAGE"
        ? AVERAGE_POOL_GAIN / values.length
        : value === largest
        ? 1 / values.filter((each) => each === largest).length
        : 0;
      return share * valueAt(behind, ...window) + (sum ? valueAt(before, channel, row, column) : 0);
    });
    const found = fromQuads(await runPlan(device, plan, given, gradient.buffer), shape);
    assertNear(found.values, wanted.values, "gradient");
  },
);

/** A sum from its parts. */
function addSum(plan: Plan, parts: PlannedBuffer, count: number): PlannedBuffer {
  const sums = plan.buffer("sums", 3);
  plan.add(reduce(parts, count, sums, { to: 1 }));
  return sums;
}

testKernel(
  "a content term sums up squared differences under its mask, and gives their gradient",
  fc.record({ width: side, height: side, channels, mask: flag, factor: flag, sum: flag, derivative: flag }),
  async (device, { width, height, channels, mask, factor, sum, derivative }) => {
    const shape = { width, height, channels };
    const [features, wanted, before] = [
      noisePlanes(shape, 1, true),
      noisePlanes(shape, 2, true),
      noisePlanes(shape, 3),
    ];
    const masks = noisePlanes({ width, height, channels: 1 }, 4, true);
    const factors = Float32Array.of(0, 0, 1.5);

    const plan = new Plan();
    const [from, gradient] = [mapOf(plan, "x", shape), mapOf(plan, "gradient", shape)];
    const target = plan.buffer("target", mapLength(shape));
    const count = groupCount(partsOf(quadCount(shape)));
    const parts = plan.buffer("parts", count);
    const [maskBuffer, factorBuffer] = [plan.buffer("mask", width * height), plan.buffer("factors", 3)];
    plan.add(content(from, target, gradient, parts, {
      term: 2,
      mask: mask ? maskBuffer : undefined,
      factors: factor ? factorBuffer : undefined,
      sum,
      derivative,
    }));
    const sums = addSum(plan, parts, count);
    const given = [
      [from.buffer, toQuads(features)],
      [target, toQuads(wanted)],
      [gradient.buffer, toQuads(before)],
      [maskBuffer, masks.values],
      [factorBuffer, factors],
    ] as const;
    const weight = (row: number, column: number) => mask ? valueAt(masks, 0, row, column) : 1;
    const difference = planesOf(
      shape,
      (channel, row, column) =>
        weight(row, column) * (valueAt(features, channel, row, column) - valueAt(wanted, channel, row, column)),
    );
    const squares = difference.values.reduce((all, value) => all + value * value, 0);
    assertNear([(await runPlan(device, plan, given, sums))[1]!], [squares], "sum");

    const inner = planesOf(shape, (...at) => {
      if (derivative && valueAt(features, ...at) <= 0) return 0;
      const value = weight(at[1], at[2]) * valueAt(difference, ...at) * (factor ? 1.5 : 1);
      return value + (sum ? valueAt(before, ...at) : 0);
    });
    const found = fromQuads(await runPlan(device, plan, given, gradient.buffer), shape);
    assertNear(found.values, inner.values, "gradient");
  },
);

testKernel(
  "sums of squares and of absolute values are those of all values",
  fc.record({
    count: fc.integer({ min: 1, max: 70_000 }),
    of: fc.constantFrom("SQUARES" as const, "ABSOLUTE" as const),
  }),
  async (device, { count, of }) => {
    const values = Float32Array.from(formulaNoise(4 * count, 1));
    const plan = new Plan();
    const [buffer, parts] = [plan.buffer("values", 4 * count), plan.buffer("parts", groupCount(partsOf(count)))];
    plan.add(total(of, buffer, count, parts));
    const sums = addSum(plan, parts, groupCount(partsOf(count)));
    const found = await runPlan(device, plan, [[buffer, values]], sums);
    const wanted = values.reduce((sum, value) => sum + (of === "SQUARES" ? value * value : Math.abs(value)), 0);
    assertNear([...found], [0, wanted, 0]);
  },
);

/** A style layer: wider pictures too, for several spans of pixels, and channels of several blocks. */
const styleShape = fc.record({
  width: fc.integer({ min: 1, max: 61 }),
  height: fc.integer({ min: 1, max: 61 }),
  channels: fc.constantFrom(4, 12, 60, 68, 132),
});

testKernel(
  "a Gram matrix sums up the products of channels under a mask, and is compared with another",
  fc.record({ shape: styleShape, mask: flag, compared: flag }),
  async (device, { shape, mask, compared }) => {
    const { width, height, channels } = shape;
    const features = noisePlanes(shape, 1, true);
    const masks = noisePlanes({ width, height, channels: 1 }, 2, true);
    const wanted = Float32Array.from(formulaNoise(channels ** 2, 3));
    const scale = 1 / (width * height);

    const plan = new Plan();
    const from = mapOf(plan, "x", shape);
    const spans = plan.buffer("spans", spansOf(from).spans * channels ** 2);
    const matrix = plan.buffer("matrix", channels ** 2);
    const [target, maskBuffer] = [plan.buffer("target", channels ** 2), plan.buffer("mask", width * height)];
    const parts = plan.buffer("parts", gramParts(channels));
    plan.add(
      gram(from, spans, mask ? maskBuffer : undefined),
      gramSum(from, spans, matrix, scale, compared ? { wanted: target, parts } : undefined),
    );
    const sums = addSum(plan, parts, gramParts(channels));
    const given = [[from.buffer, toQuads(features)], [target, wanted], [maskBuffer, masks.values]] as const;

    const area = width * height;
    const rows = Float64Array.from(features.values, (value, i) => mask ? value * masks.values[i % area]! : value);
    const plain = Float64Array.from({ length: channels ** 2 }, (_, i) => {
      const [a, b] = [Math.floor(i / channels) * area, (i % channels) * area];
      let value = 0;
      for (let pixel = 0; pixel < area; pixel++) value += rows[a + pixel]! * rows[b + pixel]!;
      return scale * value - (compared ? wanted[i]! : 0);
    });
    const found = await runPlan(device, plan, given, matrix);
    assertNear(found, plain, "matrix");
    if (!compared) {
      for (let i = 0; i < plain.length; i++) {
        assert.equal(found[i], found[(i % channels) * channels + Math.floor(i / channels)], "not symmetric");
      }
      return;
    }
    const squares = plain.reduce((sum, value) => sum + value * value, 0);
    assertNear([(await runPlan(device, plan, given, sums))[1]!], [squares], "squares");
  },
);

testKernel(
  "a style term's gradient is the product of its matrix with the features, under its mask",
  fc.record({ shape: styleShape, offset: flag, mask: flag, factor: flag, sum: flag, derivative: flag }),
  async (device, { shape, offset, mask, factor, sum, derivative }) => {
    const { width, height, channels } = shape;
    const [features, before] = [noisePlanes(shape, 1, true), noisePlanes(shape, 2)];
    const masks = noisePlanes({ width, height, channels: 1 }, 3, true);
    const noise = formulaNoise(channels ** 2, 4);
    const matrix = Float32Array.from(
      noise,
      (value, i) => value + noise[(i % channels) * channels + Math.floor(i / channels)]!,
    );

    const plan = new Plan();
    const [from, gradient] = [mapOf(plan, "x", shape), mapOf(plan, "gradient", shape)];
    const difference = plan.buffer("matrix", channels ** 2);
    const [maskBuffer, factors] = [plan.buffer("mask", width * height), plan.buffer("factors", 2)];
    const offsets = plan.buffer("offsets", channels);
    const added = Float32Array.from(formulaNoise(channels, 5));
    plan.add(styleGradient(from, { matrix: difference, offsets: offset ? offsets : undefined }, gradient, {
      term: 1,
      mask: mask ? maskBuffer : undefined,
      factors: factor ? factors : undefined,
      sum,
      derivative,
    }));
    const found = await runPlan(device, plan, [
      [from.buffer, toQuads(features)],
      [gradient.buffer, toQuads(before)],
      [difference, matrix],
      [maskBuffer, masks.values],
      [factors, Float32Array.of(0, -2)],
      [offsets, added],
    ], gradient.buffer);

    const wanted = planesOf(shape, (channel, row, column) => {
      if (derivative && valueAt(features, channel, row, column) <= 0) return 0;
      let value = 0;
      for (let k = 0; k < channels; k++) value += matrix[channel * channels + k]! * valueAt(features, k, row, column);
      if (offset) value += added[channel]!;
      if (mask) value *= valueAt(masks, 0, row, column) ** 2;
      return value * (factor ? -2 : 1) + (sum ? valueAt(before, channel, row, column) : 0);
    });
    assertNear(fromQuads(found, shape).values, wanted.values);
  },
);

testKernel(
  "moments are means weighted by the squared mask, and are compared as they are here",
  fc.record({ shape: styleShape, mask: flag }),
  async (device, { shape, mask }) => {
    const { width, height, channels } = shape;
    const area = width * height;
    const features = noisePlanes(shape, 1, true);
    const weights = noisePlanes({ width, height, channels: 1 }, 2, true).values.map((value) => mask ? value + 0.1 : 1);
    const sum = weights.reduce((all, value) => all + value * value, 0);
    const figures = new Float32Array(channels * (channels + 1));
    const row = channels ** 2;
    features.values.forEach((value, i) => {
      const [channel, weight] = [Math.floor(i / area), weights[i % area]! ** 2 / sum];
      figures[row + channel]! += weight * value;
      figures[channel * (channels + 1)]! += (weight * value * value) / channels;
    });
    const style = figures.map((value, i) => (1 + i % 3) * value);
    const wanted = momentTarget(style);
    const { squares, slope, offset } = compareFigureMoments(figures, wanted);

    const plan = new Plan();
    const from = mapOf(plan, "x", shape);
    const maskBuffer = plan.buffer("mask", area);
    const of = { features: from, mask: mask ? maskBuffer : undefined, area: sum };
    const [to, offsets] = [plan.buffer("means", channels), plan.buffer("offsets", channels)];
    const [target, matrix] = [plan.buffer("target", wanted.length), plan.buffer("matrix", row)];
    const parts = plan.buffer("parts", 2 + channels / 4);
    plan.add(means(of, to), compareMoments(of, { wanted: target, matrix, offsets, parts, part: 2 }));
    const given = [[from.buffer, toQuads(features)], [maskBuffer, weights], [target, wanted]] as const;
    assertNear(await runPlan(device, plan, given, to), figures.subarray(row), "means");
    assertNear(await runPlan(device, plan, given, offsets), offset, "offsets");
    const diagonal = await runPlan(device, plan, given, matrix);
    assertNear(diagonal, diagonal.map((_, i) => i % (channels + 1) === 0 ? slope[i / (channels + 1)]! : 0), "slopes");
    const found = await runPlan(device, plan, given, parts);
    assertNear([found.reduce((all, value) => all + value, 0)], [squares], "squares");
  },
);

testKernel(
  "a product of matrices is that of rows and columns",
  fc.integer({ min: 1, max: 36 }),
  async (device, quads) => {
    const side = 4 * quads;
    const [a, b] = [1, 2].map((salt) => Float32Array.from(formulaNoise(side ** 2, salt))) as [
      Float32Array,
      Float32Array,
    ];
    const plan = new Plan();
    const [left, right, product] = ["a", "b", "c"].map((name) => plan.buffer(name, side ** 2));
    plan.add(matrixProduct(left!, right!, product!, side));
    const found = await runPlan(device, plan, [[left!, a], [right!, b]], product!);
    const wanted = Float64Array.from({ length: side ** 2 }, (_, i) => {
      let sum = 0;
      for (let k = 0; k < side; k++) sum += a[Math.floor(i / side) * side + k]! * b[k * side + i % side]!;
      return sum;
    });
    assertNear(found, wanted);
  },
);

/** The mean of what lies in a place's window of `side` × `side` values, halved step by step, and each value's share in it. */
function plainMeans(x: Planes, halvings: number): { means: Planes; share: (row: number, column: number) => number } {
  if (halvings === 0) return { means: x, share: () => 1 };
  const { pooled } = plainPool(x, "AVERAGE");
  const half = { ...pooled, values: pooled.values.map((value) => value / AVERAGE_POOL_GAIN) };
  const { means, share } = plainMeans(half, halvings - 1);
  const inside = (at: number, length: number) => Math.min(2, length - 2 * (at >> 1));
  return {
    means,
    share: (row, column) => share(row >> 1, column >> 1) / (inside(row, x.height) * inside(column, x.width)),
  };
}

testKernel(
  "a term of neighbours is 1 − cos of each place under its mask, and its gradient goes back to what the place is a mean of",
  fc.record({
    width: side,
    height: side,
    channels: fc.integer({ min: 1, max: 80 }),
    layer: fc.constantFrom("conv1_2", "conv2_1", "conv3_3", "conv5_1"),
    mask: flag,
    factor: flag,
    sum: flag,
    derivative: flag,
  }),
  async (device, { width, height, channels, layer, mask, factor, sum, derivative }) => {
    const shape = { width, height, channels };
    const [features, before] = [noisePlanes(shape, 1, true), noisePlanes(shape, 2)];
    const halvings = Math.max(0, halvingsOf(layer));
    const { means, share } = plainMeans(features, halvings);
    const [area, grid] = [means.width * means.height, { width: means.width, height: means.height, channels }];
    const rows = Float32Array.from(formulaNoise(area * channels, 3));
    const masks = noisePlanes({ ...grid, channels: 1 }, 4, true);

    const plan = new Plan();
    const [from, gradient] = [mapOf(plan, "x", shape), mapOf(plan, "gradient", shape)];
    const places = addPlaces(plan, layer, from, "places");
    const [wanted, pulls] = [plan.buffer("wanted", mapLength(grid)), plan.buffer("pulls", 2 * area)];
    const [maskBuffer, factors] = [plan.buffer("mask", area), plan.buffer("factors", 3)];
    const parts = plan.buffer("parts", cosineParts(area));
    const compared = { places, wanted, mask: mask ? maskBuffer : undefined };
    const options = { term: 2, factors: factor ? factors : undefined, sum, derivative };
    plan.add(cosines(compared, pulls, parts), neighborGradient(from, compared, pulls, gradient, options));
    const sums = addSum(plan, parts, cosineParts(area));
    const given = [
      [from.buffer, toQuads(features)],
      [gradient.buffer, toQuads(before)],
      [wanted, rowsToMap(rows, channels)],
      [maskBuffer, masks.values],
      [factors, Float32Array.of(0, 0, 1.5)],
    ] as const;

    const cosinesAt = Array.from({ length: area }, (_, place) => {
      let [squares, product] = [LEAST_LENGTH, 0];
      for (let c = 0; c < channels; c++) {
        const value = means.values[c * area + place]!;
        squares += value * value;
        product += value * rows[place * channels + c]!;
      }
      const [length, weight] = [Math.sqrt(squares), mask ? masks.values[place]! ** 2 : 1];
      return { squares, length, weight, cosine: product / length };
    });
    const loss = cosinesAt.reduce((all, { weight, cosine }) => all + weight * (1 - cosine), 0);
    assertNear([(await runPlan(device, plan, given, sums))[1]!], [loss], "sum");
    const inner = planesOf(shape, (channel, row, column) => {
      if (derivative && valueAt(features, channel, row, column) <= 0) return 0;
      const place = (row >> halvings) * means.width + (column >> halvings);
      const { squares, length, weight, cosine } = cosinesAt[place]!;
      const pull = (cosine * means.values[channel * area + place]!) / squares -
        rows[place * channels + channel]! / length;
      const value = share(row, column) * weight * pull * (factor ? 1.5 : 1);
      return value + (sum ? valueAt(before, channel, row, column) : 0);
    });
    assertNear(fromQuads(await runPlan(device, plan, given, gradient.buffer), shape).values, inner.values, "gradient");
  },
);

testKernel(
  "the nearest of candidates has the largest product, and is the first of equals, whatever is looked for at once",
  fc.record({
    queries: fc.integer({ min: 1, max: 150 }),
    candidates: fc.integer({ min: 1, max: 1100 }),
    // So many are different: all others come again.
    different: fc.integer({ min: 1, max: 1100 }),
    length: fc.integer({ min: 1, max: 45 }),
    atOnce: fc.integer({ min: 1, max: 150 }),
  }),
  async (device, { queries, candidates, different, length, atOnce }) => {
    const rows = Float32Array.from(formulaNoise(queries * length, 1));
    const some = Float32Array.from(formulaNoise(different * length, 2));
    const all = Float32Array.from({ length: candidates * length }, (_, i) => some[i % some.length]!);
    const found = await searchNearest(device, rows, all, length, () => atOnce);
    assert.equal(found.length, queries);
    const product = (query: number, candidate: number) => {
      let sum = 0;
      for (let c = 0; c < length; c++) sum += rows[query * length + c]! * all[candidate * length + c]!;
      return sum;
    };
    const choices = Array.from({ length: Math.min(candidates, different) }, (_, candidate) => candidate);
    found.forEach((candidate, query) => {
      assert.ok(candidate < choices.length, "not the first of equals");
      const largest = choices.reduce((best, other) => Math.max(best, product(query, other)), -Infinity);
      assert.ok(product(query, candidate) >= largest - TOLERANCE, `query ${query}`);
    });
  },
);

testKernel(
  "a normalised gradient is divided by its norm",
  fc.record({ width: side, height: side, channels, sum: flag, derivative: flag }),
  async (device, { width, height, channels, sum, derivative }) => {
    const shape = { width, height, channels };
    const [inner, before, behind] = [noisePlanes(shape, 1), noisePlanes(shape, 2), noisePlanes(shape, 3, true)];
    const plan = new Plan();
    const names = ["inner", "gradient", "activation"] as const;
    const [from, gradient, activation] = names.map((name) => mapOf(plan, name, shape));
    const [norms, factors] = [plan.buffer("norms", 2), plan.buffer("factors", 2)];
    plan.add(normalized(from!, gradient!, {
      term: 1,
      norms,
      factors,
      sum,
      activation: derivative ? activation : undefined,
    }));
    const found = await runPlan(device, plan, [
      [from!.buffer, toQuads(inner)],
      [gradient!.buffer, toQuads(before)],
      [activation!.buffer, toQuads(behind)],
      [norms, Float32Array.of(0, 8)],
      [factors, Float32Array.of(0, 3)],
    ], gradient!.buffer);
    const wanted = planesOf(shape, (...at) => {
      if (derivative && valueAt(behind, ...at) <= 0) return 0;
      return valueAt(inner, ...at) * (3 / 8) + (sum ? valueAt(before, ...at) : 0);
    });
    assertNear(fromQuads(found, shape).values, wanted.values);
  },
);

testKernel(
  "a picture enters without the mean and leaves with three values a pixel",
  fc.record({ width: side, height: side }),
  async (device, size) => {
    const pixels = Float32Array.from(formulaNoise(3 * size.width * size.height, 1));
    const plan = new Plan();
    const map = mapOf(plan, "map", { ...size, channels: 3 });
    const [from, to] = [plan.buffer("from", pixels.length), plan.buffer("to", pixels.length)];
    plan.add(enter(from, map, [0.5, 0.25, -1]), leave(map, to));
    const found = await runPlan(device, plan, [[from, pixels]], to);
    assert.deepEqual(found, pixels.map((value, i) => value - [0.5, 0.25, -1][i % 3]!));
  },
);

testKernel(
  "Adam moves a picture as it does here, with the pull of total variation, and not at all once it is halted",
  fc.record({
    width: side,
    height: side,
    tvWeight: fc.constantFrom(0, 0.5),
    step: fc.integer({ min: 0, max: 30 }),
    taken: fc.integer({ min: 0, max: 3 }),
  }),
  async (device, { width, height, tvWeight, step, taken }) => {
    const shape: Shape = { width, height, channels: 3 };
    const length = 3 * width * height;
    const noise = (salt: number) => Float32Array.from(formulaNoise(length, salt));
    const [pixels, first] = [noise(1).map((value) => 128 + 100 * value), noise(2)];
    const second = noise(3).map((value) => value * value);
    const along = noisePlanes(shape, 4);

    const plan = new Plan();
    const map = mapOf(plan, "along", shape);
    const moving = (name: string) => ({
      picture: plan.buffer(`picture.${name}`, length),
      moments: plan.buffer(`moments.${name}`, 2 * length),
    });
    const [from, to] = [moving("from"), moving("to")];
    const [rates, progress] = [plan.buffer("rates", 4 * RATES), plan.buffer("progress", PROGRESS)];
    const count = groupCount(adamGroups(shape));
    const parts = plan.buffer("parts", 2 * count);
    plan.add(adam(map, { rates, progress }, from, to, parts));
    const report = plan.buffer("report", 2);
    plan.add(reduce(parts, count, report, { to: 0 }), reduce(parts, count, report, { from: count, to: 1 }));
    const { optimizer: options } = transferOptions(shape, { scales: [{ size: 32, steps: 1 }] });
    const { beta1, beta2, epsilon } = options;
    const { rate, correction } = adamRates(options, step + 1, options.learningRate);
    const row = [beta1, 1 - beta1, beta2, 1 - beta2, rate, correction, epsilon, (2 * tvWeight) / length];
    const given = [
      [map.buffer, toQuads(along)],
      [rates, Float32Array.from({ length: 4 * RATES }, (_, i) => i / RATES >> 0 === taken ? row[i % RATES]! : NaN)],
      [progress, progressOf(taken, false)],
      [from.picture, pixels],
      [from.moments, Float32Array.from({ length: 2 * length }, (_, i) => (i % 2 ? second : first)[i >> 1]!)],
    ] as const;

    const gradient = Float32Array.from(
      { length },
      (_, i) => valueAt(along, i % 3, Math.floor(i / 3 / width), Math.floor(i / 3) % width),
    );
    const tv = addTotalVariation(pixels, shape, tvWeight, gradient);
    const norm = gradient.reduce((sum, value) => sum + Math.abs(value), 0);
    const here = new Adam(options, { numbers: { step }, arrays: { pixels: pixels.slice(), first, second } });
    here.advance({ loss: 0, gradient });
    assertNear(await runPlan(device, plan, given, report), [tv * length, norm], "report");
    const moved = await runPlan(device, plan, given, to.picture);
    assertNear(moved.map((value, i) => value - pixels[i]!), here.pixels.map((value, i) => value - pixels[i]!), "move");
    const moments = await runPlan(device, plan, given, to.moments);
    assertNear(moments.filter((_, i) => i % 2 === 0), here.state().arrays["first"]!, "first");
    assertNear(moments.filter((_, i) => i % 2 === 1), here.state().arrays["second"]!, "second");
    const halted = [...given, [progress, progressOf(taken, true)], [to.picture, pixels]] as const;
    assert.deepEqual(await runPlan(device, plan, halted, to.picture), pixels);
  },
);

/** As kernels take it: whole numbers. */
function progressOf(steps: number, halted: boolean): Float32Array {
  return new Float32Array(Uint32Array.of(steps, Number(halted)).buffer);
}

testKernel(
  "what steps found is written in rows, and a row that is not finite halts averages and rows after it",
  fc.record({
    network: fc.integer({ min: 1, max: 9 }),
    pixels: fc.integer({ min: 0, max: 3 }),
    taken: fc.integer({ min: 0, max: 2 }),
    wrong: fc.option(fc.record({ place: fc.nat(), value: fc.constantFrom(NaN, Infinity, -Infinity) })),
    count: fc.integer({ min: 1, max: 3000 }),
  }),
  async (device, { network, pixels, taken, wrong, count }) => {
    const length = ROW_HEAD + network + pixels;
    const values = Float32Array.from(formulaNoise(length - 1, 1));
    if (wrong) values[wrong.place % values.length] = wrong.value;
    const [sum, picture] = [2, 3].map((salt) => Float32Array.from(formulaNoise(count, salt)));
    const plan = new Plan();
    const buffer = (name: string, length: number) => plan.buffer(name, length);
    const [progress, report, rows] = [buffer("progress", PROGRESS), buffer("report", 2), buffer("rows", 4 * length)];
    const [sums, own] = [buffer("network", network), buffer("pixels", Math.max(1, pixels))];
    const [shown, averaged] = [buffer("picture", count), buffer("average", count)];
    const found = {
      report,
      network: { buffer: sums, count: network },
      pixels: pixels > 0 ? { buffer: own, count: pixels } : null,
    };
    plan.add(
      record(progress, found, rows),
      average(progress, shown, averaged, { count, decay: 0.75 }),
      // Where the one before it has halted, there is no row of this one.
      record(progress, found, rows),
    );
    const given = [
      [progress, progressOf(taken, false)],
      [report, values.subarray(0, 2)],
      [sums, values.subarray(2, 2 + network)],
      ...pixels > 0 ? [[own, values.subarray(2 + network)] as const] : [],
      [shown, picture!],
      [averaged, sum!],
    ] as const;
    const row = [wrong ? 0 : 1, ...values];
    const written = await runPlan(device, plan, given, rows);
    const wanted = [...Array(taken * length).fill(0), ...row, ...(wrong ? [] : row), ...Array(4 * length).fill(0)];
    assert.deepEqual([...written], wanted.slice(0, 4 * length));
    const here = new MovingAverage(0.75, sum!.slice());
    if (!wrong) here.add(picture!);
    assertNear(await runPlan(device, plan, given, averaged), here.sum, "average");
  },
);

testKernel(
  "values are rounded to bytes, halves to even, and clamped, as they are here",
  fc.record({ count: fc.integer({ min: 1, max: 3000 }), factor: fc.constantFrom(1, Math.fround(1 / 0.3)) }),
  async (device, { count, factor }) => {
    const noise = formulaNoise(count, 1);
    const values = Float32Array.from(noise, (value, i) => i % 3 === 0 ? 128 + 200 * value : i / 2 % 300 - 20.5);
    const plan = new Plan();
    const [scale, from] = [plan.buffer("factor", 1), plan.buffer("values", count)];
    const words = plan.buffer("words", wordsOf(count));
    plan.add(toBytes(scale, from, words, count));
    const found = await runPlan(device, plan, [[scale, Float32Array.of(factor)], [from, values]], words);
    const scaled = values.map((value) => factor * value);
    assert.deepEqual(new Uint8Array(found.buffer, 0, count), new Uint8Array(new Uint8ClampedArray(scaled).buffer));
  },
);

testKernel(
  "a palette and what is to be kept pull pixels as they do here, as far as each pixel counts",
  fc.record({
    width: fc.integer({ min: 1, max: 61 }),
    height: fc.integer({ min: 1, max: 61 }),
    kind: fc.constantFrom("PALETTE" as const, "MASKED" as const, "KEPT" as const),
    // From a grey to all of the range.
    spread: fc.constantFrom(0, 3, 60),
    near: flag,
  }),
  async (device, { width, height, kind, spread, near }) => {
    const shape: Shape = { width, height, channels: 3 };
    const pixels = width * height;
    const colors = (salt: number, [red, green, blue]: readonly number[], spread: number) =>
      Float32Array.from(
        formulaNoise(3 * pixels, salt),
        (value, i) => [red!, green!, blue!][i % 3]! + spread * (value + (i % 3) * Math.sin(i / 3 | 0)),
      );
    const picture = colors(1, [90, 140, 60], 40);
    const style = near ? picture.map((value) => value + 0.5) : colors(2, [200, 120, 30], spread);
    const weights = noisePlanes({ width, height, channels: 1 }, 3, true).values;
    const before = noisePlanes(shape, 4);
    const term = kind === "KEPT"
      ? temporalTerm(style, weights)
      : paletteTerm(colorStatistics(style, null), kind === "MASKED" ? weights : null);

    const here = Float32Array.from(
      { length: 3 * pixels },
      (_, i) => valueAt(before, i % 3, Math.floor(i / 3 / width), Math.floor(i / 3) % width),
    );
    const loss = term.add(picture, 2, here);

    const plan = new Plan();
    const along = mapOf(plan, "along", shape);
    const [shown, factors, totals] = [
      plan.buffer("picture", 3 * pixels),
      plan.buffer("factors", 2),
      plan.buffer("totals", 2),
    ];
    const pulled = { factors, term: 1, picture: shown, along };
    const [weighed, wanted] = [plan.buffer("weights", pixels), plan.buffer("wanted", 3 * pixels)];
    const palette = plan.buffer("palette", 15);
    const whole = kind === "MASKED" ? weights.reduce((sum, weight) => sum + weight, 0) : pixels;
    const count = kind === "KEPT" ? 3 * pixels : 3;
    if (term.goal.kind === "palette") {
      const masked = kind === "MASKED" ? weighed : undefined;
      const [sums, transport] = [plan.buffer("sums", COLOR_SUMS), plan.buffer("transport", TRANSPORT)];
      const parts = plan.buffer("parts", colorParts(pixels));
      plan.add(
        ...colorSums({ palette, picture: shown, weights: masked }, pixels, parts, sums),
        colorTransport(palette, sums, transport, { whole, totals, place: 1 }),
        colorPull(pulled, transport, masked),
      );
    } else {
      const parts = plan.buffer("parts", groupCount(partsOf(pixels)));
      plan.add(...stayNear(pulled, { wanted, visible: weighed }, parts, { totals, place: 1 }));
    }
    const given = [
      [along.buffer, toQuads(before)],
      [shown, picture],
      [factors, Float32Array.of(NaN, kind === "KEPT" ? 4 / (3 * pixels) : 4 / (3 * (whole || 1)))],
      [weighed, weights],
      [wanted, style],
      [palette, paletteNumbers(colorStatistics(style, null), whole)],
    ] as const;
    assertNear([(await runPlan(device, plan, given, totals))[1]! / count], [loss], "loss");
    const gradient = fromQuads(await runPlan(device, plan, given, along.buffer), shape);
    const there = here.map((_, i) => valueAt(gradient, i % 3, Math.floor(i / 3 / width), Math.floor(i / 3) % width));
    assertNear(there, here, "gradient");
  },
);

testKernel(
  "the gradient at a picture is the network's with total variation's, and is smoothed as it is here",
  fc.record({ width: side, height: side, tvWeight: fc.constantFrom(0, 0.5) }),
  async (device, { width, height, tvWeight }) => {
    const shape: Shape = { width, height, channels: 3 };
    const length = 3 * width * height;
    const pixels = Float32Array.from(formulaNoise(length, 1));
    const along = noisePlanes(shape, 2);
    const plan = new Plan();
    const map = mapOf(plan, "along", shape);
    const vectors = ["picture", "gradient", "smooth"].map((name) => plan.buffer(name, length));
    const [picture, gradient, smooth] = vectors as [PlannedBuffer, PlannedBuffer, PlannedBuffer];
    const factor = plan.buffer("factor", 1);
    const count = groupCount(adamGroups(shape));
    const [parts, report] = [plan.buffer("parts", 2 * count), plan.buffer("report", 2)];
    plan.add(
      arrive({ along: map, picture, factor }, gradient, parts),
      reduce(parts, count, report, { to: 0, sums: 2 }),
    );
    addSmoothing(plan, shape, gradient, smooth);
    const given = [
      [map.buffer, toQuads(along)],
      [picture, pixels],
      [factor, Float32Array.of((2 * tvWeight) / length)],
    ] as const;

    const wanted = Float32Array.from(
      { length },
      (_, i) => valueAt(along, i % 3, Math.floor(i / 3 / width), Math.floor(i / 3) % width),
    );
    const tv = addTotalVariation(pixels, shape, tvWeight, wanted);
    assertNear(await runPlan(device, plan, given, gradient), wanted, "gradient");
    const smoothed = new Float32Array(length);
    smoothing(shape)(wanted, smoothed);
    assertNear(await runPlan(device, plan, given, smooth), smoothed, "smoothed");
    const norm = wanted.reduce((sum, value) => sum + Math.abs(value), 0);
    assertNear(await runPlan(device, plan, given, report), [tv * length, norm], "report");
  },
);

testKernel(
  "vectors have the dot products, the sums and the trials along them that they have here",
  fc.record({
    count: fc.integer({ min: 1, max: 3000 }),
    others: fc.integer({ min: 1, max: 9 }),
    stride: fc.constantFrom(
      0.25,
      { rate: 2, byLargest: false, largestChange: 1e9 },
      { rate: 2, byLargest: true, largestChange: 1e9 },
      { rate: 100, byLargest: false, largestChange: 3 },
    ),
  }),
  async (device, { count, others, stride }) => {
    const noise = (salt: number) => Float32Array.from(formulaNoise(count, salt));
    const vectors = Array.from({ length: others }, (_, i) => noise(i + 3));
    const [a, b] = [noise(1), noise(2)];
    const factors = Float32Array.from(formulaNoise(others, 20));
    const plan = new Plan();
    const vector = (name: string) => plan.buffer(name, count);
    const planned = vectors.map((_, i) => vector(`v${i}`));
    const products = plan.buffer("products", 1 + dotCount(others));
    const direction = vector("direction");
    const [far, most, found] = [plan.buffer("far", 1), plan.buffer("most", 1), plan.buffer("factors", others)];
    const search = plan.buffer("search", SEARCH);
    plan.add(
      ...dots([vector("a"), vector("b")], planned, count, plan.buffer("parts", dotParts(count)), {
        into: products,
        at: 1,
      }),
      ...combine(found, planned, direction, count),
      ...largest(direction, count, plan.buffer("spans", largestSpans(count)), most),
      trial({ picture: vector("a"), direction, largest: most, search }, vector("moved"), far, count),
      difference(vector("moved"), vector("a"), vector("rest"), count),
    );
    const given = [
      ...planned.map((buffer, i) => [buffer, vectors[i]!] as const),
      [vector("a"), a],
      [vector("b"), b],
      [found, factors],
      [search, searchNumbers(stride)],
    ] as const;

    const dotted = await runPlan(device, plan, given, products);
    for (const [which, left] of [a, b].entries()) {
      vectors.forEach((right, i) => {
        const scale = Math.hypot(...left) * Math.hypot(...right);
        const error = dotted[1 + dotPlace(which as 0 | 1, i)]! - dot(left, right);
        assert.ok(Math.abs(error) <= TOLERANCE * scale, `product ${which} with ${i} of ${count}`);
      });
    }
    const sum = new Float32Array(count);
    addCombination(sum, vectors, factors);
    assertNear(await runPlan(device, plan, given, direction), sum, "sum");
    const change = sum.reduce((sum, value) => Math.max(sum, Math.abs(value)), 0);
    assertNear(await runPlan(device, plan, given, most), [change], "largest");
    const rate = typeof stride === "number" ? stride : stride.byLargest ? stride.rate / change : stride.rate;
    const wanted = typeof stride === "number" ? rate : Math.min(rate, stride.largestChange / change);
    assertNear(await runPlan(device, plan, given, far), [wanted], "stride");
    assertNear(await runPlan(device, plan, given, vector("rest")), sum.map((value) => value * wanted), "trial");
  },
);
