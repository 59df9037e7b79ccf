/**
 * From the arrays that a file holds to the parameters of VGG16, with every check that needs no knowledge of the format.
 *
 * @module
 */
import {
  BGR_MEAN,
  CONV_LAYERS,
  type ConvParameters,
  DENSE_LAYERS,
  type DenseParameters,
  type Vgg16Parameters,
} from "../engine/vgg16.ts";
import { type ByteSource, unreadable } from "./formats/byte_source.ts";
import { roleOf, type TensorRole } from "./formats/layer_names.ts";
import { checkFinite, elementCount, permuteAxes, type StoredTensor } from "./formats/tensor.ts";
import { TORCHVISION_BGR_MEAN, torchvisionConv1, torchvisionDense } from "./formats/torchvision.ts";

/** What a format's reader found: arrays by the names they have in the file. */
export interface TensorFile {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** BGR means that the file says its input has subtracted; left out, the convention's own. */
  readonly inputMean?: readonly [number, number, number];
}

/** A layer as the article prints it. */
export interface LayerShapes {
  readonly name: string;
  readonly weightShape: readonly number[];
  readonly biasShape: readonly number[];
}

/** Parameters with the list of all layers in the file, those not loaded too. */
export interface AssembledWeights {
  readonly layers: readonly LayerShapes[];
  readonly parameters: Vgg16Parameters;
}

interface FoundLayer {
  weight?: StoredTensor;
  bias?: StoredTensor;
}

/**
 * Checks and converts a file's arrays. Layers may be missing at the top, but not in between.
 *
 * @param source Where the arrays come from.
 * @param dense Whether fc6–fc8 are loaded too; otherwise they are only listed.
 * @throws {GramcastError} WEIGHTS_UNREADABLE naming file, layer, what was found and what was wanted.
 */
export async function assemble(
  source: Pick<ByteSource, "name" | "size">,
  file: TensorFile,
  dense: boolean,
): Promise<AssembledWeights> {
  const { name } = source;
  const allowance = new UnpackingAllowance(source);
  const { found, convention } = sortByLayer(name, file);
  const torchvision = convention === "torchvision";
  const layers: LayerShapes[] = [];
  const convs = new Map<string, ConvParameters>();
  let missing: string | null = null;
  for (const layer of CONV_LAYERS) {
    const stored = found.get(layer.name);
    if (!stored) {
      missing ??= layer.name;
      continue;
    }
    if (missing) throw unreadable(name, `${missing} is missing below ${layer.name}`, "all layers up to the topmost");
    const { inChannels, outChannels } = layer;
    const shape = [3, 3, inChannels, outChannels];
    const fileShape = torchvision ? [outChannels, inChannels, 3, 3] : shape;
    const { weight, bias } = await readLayer(allowance, layer.name, stored, fileShape, [outChannels]);
    let kernel = torchvision ? permuteAxes(weight, fileShape, [2, 3, 1, 0]) : weight;
    if (torchvision && inChannels === 3) kernel = torchvisionConv1(kernel);
    convs.set(layer.name, { kernel, bias });
    layers.push({ name: layer.name, weightShape: shape, biasShape: [outChannels] });
  }
  if (convs.size === 0) throw unreadable(name, "conv1_1 is missing", "the layers of VGG16 from conv1_1 upwards");

  const denses = new Map<string, DenseParameters>();
  for (const { name: layer, inUnits, outUnits } of DENSE_LAYERS) {
    const stored = found.get(layer);
    if (!stored) continue;
    if (missing) throw unreadable(name, `${missing} is missing below ${layer}`, "all layers up to the topmost");
    const fileShape = torchvision ? [outUnits, inUnits] : [inUnits, outUnits];
    checkShapes(name, layer, stored, fileShape, [outUnits]);
    layers.push({ name: layer, weightShape: [inUnits, outUnits], biasShape: [outUnits] });
    if (!dense) continue;
    const { weight, bias } = await readLayer(allowance, layer, stored, fileShape, [outUnits]);
    denses.set(layer, { kernel: torchvision ? torchvisionDense(layer, weight, inUnits, outUnits) : weight, bias });
  }
  const inputMean = file.inputMean ?? (torchvision ? TORCHVISION_BGR_MEAN : BGR_MEAN);
  return { layers, parameters: { convs, denses, inputMean } };
}

function sortByLayer(
  name: string,
  file: TensorFile,
): { found: Map<string, FoundLayer>; convention: TensorRole["convention"] } {
  const found = new Map<string, FoundLayer>();
  const conventions = new Set<TensorRole["convention"]>();
  for (const [tensorName, tensor] of file.tensors) {
    const role = roleOf(tensorName);
    if (!role) continue;
    conventions.add(role.convention);
    const layer = found.get(role.layer) ?? {};
    if (layer[role.part]) {
      throw unreadable(name, `${role.layer} has two arrays for its ${role.part}`, "one");
    }
    layer[role.part] = tensor;
    found.set(role.layer, layer);
  }
  if (conventions.size > 1) {
    throw unreadable(name, "it mixes torchvision's names of layers with others", "one way of naming them");
  }
  return { found, convention: [...conventions][0] ?? "caffe" };
}

/** Times that a file may grow when it is read: trained weights hardly pack, sparse ones by less than this. */
const MAX_GROWTH = 64;
/** What any file may unpack to. */
const FREE_BYTES = 2 ** 20;

/** Bytes that a file may still unpack to: one of some kilobytes must not fill the memory. */
class UnpackingAllowance {
  readonly name: string;
  readonly #size: number;
  #left: number;

  constructor({ name, size }: Pick<ByteSource, "name" | "size">) {
    this.name = name;
    this.#size = size;
    this.#left = FREE_BYTES + MAX_GROWTH * size;
  }

  /** @throws {GramcastError} WEIGHTS_UNREADABLE */
  take(bytes: number): void {
    this.#left -= bytes;
    if (this.#left >= 0) return;
    const found = `its ${this.#size} bytes unpack to more than ${MAX_GROWTH} times as many`;
    throw unreadable(this.name, found, "weights that were trained");
  }
}

async function readLayer(
  allowance: UnpackingAllowance,
  layer: string,
  stored: FoundLayer,
  weightShape: readonly number[],
  biasShape: readonly number[],
): Promise<{ weight: Float32Array; bias: Float32Array }> {
  const { name } = allowance;
  const tensors = checkShapes(name, layer, stored, weightShape, biasShape);
  allowance.take(4 * (elementCount(weightShape) + elementCount(biasShape)));
  const weight = await tensors.weight.read();
  const bias = await tensors.bias.read();
  checkFinite(name, `${layer}'s weight`, weight);
  checkFinite(name, `${layer}'s bias`, bias);
  return { weight, bias };
}

/** Shapes are compared before anything is read, so that no file can ask for more memory than VGG16 takes. */
function checkShapes(
  name: string,
  layer: string,
  stored: FoundLayer,
  weightShape: readonly number[],
  biasShape: readonly number[],
): Required<FoundLayer> {
  const { weight, bias } = stored;
  if (!weight || !bias) throw unreadable(name, `${layer} has no ${weight ? "bias" : "weight"}`, "both");
  for (const [part, { shape }, wanted] of [["weight", weight, weightShape], ["bias", bias, biasShape]] as const) {
    // A bias may come as a row or a column; its values are the same.
    const matches = part === "bias"
      ? elementCount(shape) === elementCount(wanted) && shape.every((side) => side === 1 || side === wanted[0])
      : shape.length === wanted.length && shape.every((side, axis) => side === wanted[axis]);
    if (!matches) throw unreadable(name, `${layer}'s ${part} has shape [${shape}]`, `[${wanted}]`);
  }
  return { weight, bias };
}
