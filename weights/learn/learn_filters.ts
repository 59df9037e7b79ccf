/**
 * Filters learned layer by layer, without labels: what patches of the layer below look like is what a layer looks for.
 *
 * @module
 */
import { OnnxBackend } from "../../engine/backends/onnx/backend.ts";
import { type Matrix, matrixProduct } from "../../engine/backends/onnx/matrix_product.ts";
import { PlanarLayout } from "../../engine/backends/onnx/planar_layout.ts";
import type { Picture } from "../../engine/picture.ts";
import { Random } from "../../engine/descent/random.ts";
import { BGR_MEAN, CONV_LAYERS, type ConvLayer, type ConvParameters } from "../../engine/vgg16.ts";
import { invariance } from "./invariance.ts";
import { sphericalKMeans } from "./kmeans.ts";
import { samplePatches } from "./patches.ts";
import { rescale } from "./rescale.ts";
import { twin } from "./twin.ts";
import { whiten } from "./whitening.ts";

/** How filters are learned. */
export interface LearnOptions {
  readonly seed: number;
  /** Square, all of one size. */
  readonly pictures: readonly Picture[];
  /** Name of the topmost convolution to learn. */
  readonly last: string;
  /** Patches per layer. */
  readonly patches: number;
  /** Of k-means. */
  readonly iterations: number;
  /** Strongest directions of the patches that count. */
  readonly dimensions: number;
  readonly whiteningFloor: number;
  /** How little colours and exact places are to matter from conv2_1 on; 0: as much as they do. */
  readonly invariance: number;
  /** Layers from conv1_1 up that are not learned but given, by filters that respond with a deviation of 1. */
  readonly below?: ReadonlyMap<string, ConvParameters>;
}

/** What is to come out of a layer: activations are scaled to it, so that loss weights for VGG16 fit. */
interface Activity {
  readonly deviation: number;
  /** Share of activations that the ReLU makes 0. */
  readonly sparsity: number;
}

/**
 * Deviations about as trained VGG16 shows them on photographs and paintings. Fewer zeros than there: what a filter does not
 * let through, no layer above can see. Fewest where presets compare content: their losses are divided by the target's
 * energy, and a level that all features share makes content, which these filters see less well than style, count less.
 */
export const ACTIVITY: Readonly<Record<string, Activity>> = {
  conv1_1: { deviation: 31, sparsity: 0.4 },
  conv1_2: { deviation: 60, sparsity: 0.4 },
  conv2_1: { deviation: 70, sparsity: 0.4 },
  conv2_2: { deviation: 78, sparsity: 0.4 },
  conv3_1: { deviation: 97, sparsity: 0.4 },
  conv3_2: { deviation: 93, sparsity: 0.05 },
  conv3_3: { deviation: 63, sparsity: 0.4 },
  conv4_1: { deviation: 60, sparsity: 0.4 },
  conv4_2: { deviation: 45, sparsity: 0.05 },
  conv4_3: { deviation: 25, sparsity: 0.4 },
};

/**
 * Learns all layers up to `last` that are not given, the same for the same options on the same machine.
 *
 * @param log Told of each layer.
 */
export async function learnFilters(
  options: LearnOptions,
  log: (line: string) => void,
): Promise<Map<string, ConvParameters>> {
  const convs = rescale(options.below ?? new Map(), (layer) => ACTIVITY[layer]!.deviation);
  for (const [number, layer] of CONV_LAYERS.entries()) {
    if (convs.has(layer.name)) continue;
    const start = performance.now();
    const random = new Random(options.seed * 1009 + number);
    convs.set(layer.name, await learnLayer(layer, convs, options, random));
    log(`${layer.name}: ${layer.outChannels} filters, ${((performance.now() - start) / 1000).toFixed(1)} s`);
    if (layer.name === options.last) break;
  }
  return convs;
}

async function learnLayer(
  layer: ConvLayer,
  below: ReadonlyMap<string, ConvParameters>,
  options: LearnOptions,
  random: Random,
): Promise<ConvParameters> {
  const parameters = { convs: below, denses: new Map(), inputMean: BGR_MEAN };
  const seesColors = layer.name.startsWith("conv1");
  // Any number that no other layer has: twins are looked at where their pictures are.
  const places = options.seed * 7919 + layer.outChannels + layer.name.charCodeAt(6);
  const sample = (pictures: readonly Picture[]) =>
    samplePatches(backend, pictures, layer.name, options.patches, new Random(places));
  const backend = await OnnxBackend.open(parameters, "cpu", { layout: new PlanarLayout() });
  const patches = await sample(options.pictures);
  const twins = seesColors ? null : await sample(options.pictures.map((picture) => twin(picture, random)));
  await backend.close();
  const { mean, transform, white, apply } = await whiten(patches, options.dimensions, options.whiteningFloor, random);
  const pairs = Math.min(Math.floor(layer.outChannels * (seesColors ? 1 / 4 : 1 / 8)), white.columns);
  const find = (points: Matrix) => sphericalKMeans(points, layer.outChannels - 2 * pairs, options.iterations, random);
  const centroids = twins
    ? await throughMatrix(await invariance(white, await apply(twins), options.invariance), white, find)
    : await find(white);
  const kernel = await matrixProduct(transform, withPrincipalPairs(centroids, pairs), { b: true });
  const responses = await matrixProduct(patches, kernel);
  return fitActivity(kernel, responses, mean, ACTIVITY[layer.name]!);
}

/** What `find` finds among points that go through a symmetric matrix, as filters of the points themselves. */
async function throughMatrix(
  matrix: Matrix,
  points: Matrix,
  find: (points: Matrix) => Promise<Matrix>,
): Promise<Matrix> {
  return await matrixProduct(await find(await matrixProduct(points, matrix)), matrix);
}

/**
 * The first filters are the strongest directions themselves, each with both signs: what passes through them is nearly all
 * that there is, for the layers above to build on. The others, the centroids, look for what occurs.
 */
function withPrincipalPairs({ rows, columns, values }: Matrix, pairs: number): Matrix {
  const all = new Float32Array((2 * pairs + rows) * columns);
  for (let i = 0; i < pairs; i++) {
    all[2 * i * columns + i] = 1;
    all[(2 * i + 1) * columns + i] = -1;
  }
  all.set(values, 2 * pairs * columns);
  return { rows: 2 * pairs + rows, columns, values: all };
}

/** Scales each filter, and sets its bias, such that its output has the sparsity and deviation that are wanted. */
function fitActivity(
  kernel: Matrix,
  responses: Matrix,
  mean: Float32Array,
  { deviation, sparsity }: Activity,
): ConvParameters {
  const { rows: inputs, columns: filters } = kernel;
  const values = kernel.values.slice();
  const bias = new Float32Array(filters);
  for (let filter = 0; filter < filters; filter++) {
    const response = Float32Array.from(
      { length: responses.rows },
      (_, row) => responses.values[row * filters + filter]!,
    );
    const threshold = response.toSorted()[Math.floor(sparsity * response.length)]!;
    const scale = deviation / deviationOf(response.map((value) => Math.max(0, value - threshold)));
    let shift = threshold;
    for (let i = 0; i < inputs; i++) {
      shift += values[i * filters + filter]! * mean[i]!;
      values[i * filters + filter]! *= scale;
    }
    bias[filter] = -scale * shift;
  }
  return { kernel: values, bias };
}

function deviationOf(values: Float32Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length) || 1;
}
