/**
 * VGG16 (Simonyan & Zisserman 2014, configuration D) as data. Graph building, weight checks, FLOP and memory estimates
 * all derive from this one table.
 *
 * @module
 */

/** A 3×3 convolution with stride 1, SAME padding and a ReLU after it. */
export interface ConvLayer {
  readonly kind: "conv";
  readonly name: string;
  readonly inChannels: number;
  readonly outChannels: number;
}

/** A 2×2 pool with stride 2 and SAME padding: odd sizes round up, as TensorFlow does. */
export interface PoolLayer {
  readonly kind: "pool";
  readonly name: string;
}

/** A dense layer; fc6 flattens its 7×7×512 input in HWC order, as the Caffe-to-TensorFlow conversion does. */
interface DenseLayer {
  readonly kind: "dense";
  readonly name: string;
  readonly inUnits: number;
  readonly outUnits: number;
}

function conv(name: string, inChannels: number, outChannels: number): ConvLayer {
  return { kind: "conv", name, inChannels, outChannels };
}
function pool(name: string): PoolLayer {
  return { kind: "pool", name };
}
function dense(name: string, inUnits: number, outUnits: number): DenseLayer {
  return { kind: "dense", name, inUnits, outUnits };
}

/** Convolutions and pools from the picture upwards. */
export const FEATURE_LAYERS: readonly (ConvLayer | PoolLayer)[] = [
  conv("conv1_1", 3, 64),
  conv("conv1_2", 64, 64),
  pool("pool1"),
  conv("conv2_1", 64, 128),
  conv("conv2_2", 128, 128),
  pool("pool2"),
  conv("conv3_1", 128, 256),
  conv("conv3_2", 256, 256),
  conv("conv3_3", 256, 256),
  pool("pool3"),
  conv("conv4_1", 256, 512),
  conv("conv4_2", 512, 512),
  conv("conv4_3", 512, 512),
  pool("pool4"),
  conv("conv5_1", 512, 512),
  conv("conv5_2", 512, 512),
  conv("conv5_3", 512, 512),
  pool("pool5"),
];

/** The classifier on top of pool5. */
export const DENSE_LAYERS: readonly DenseLayer[] = [
  dense("fc6", 7 * 7 * 512, 4096),
  dense("fc7", 4096, 4096),
  dense("fc8", 4096, 1000),
];

/** The convolutions alone, from the picture upwards. */
export const CONV_LAYERS: readonly ConvLayer[] = FEATURE_LAYERS.filter((layer) => layer.kind === "conv");

/** Names of the convolutions, from the picture upwards: what `contentLayers` and `styleLayers` may name. */
export const CONV_NAMES: readonly string[] = CONV_LAYERS.map((layer) => layer.name);

/** Per-channel means of ImageNet in BGR order that the network's input has subtracted, in 0–255. */
export const BGR_MEAN: readonly [number, number, number] = [103.939, 116.779, 123.68];

/** Side of a picture after a pool: SAME padding, so odd sizes round up. */
export function pooledSize(side: number): number {
  return Math.ceil(side / 2);
}

/** Position of a convolution counted from the picture, or -1 when there is none of that name. */
export function convIndex(name: string): number {
  return CONV_NAMES.indexOf(name);
}

/** The layers up to and including convolution `last`. */
export function layersUpTo(last: string): readonly (ConvLayer | PoolLayer)[] {
  const end = FEATURE_LAYERS.findIndex((layer) => layer.name === last);
  if (end < 0) throw new RangeError(`Cannot find layer "${last}": wanted one of ${CONV_NAMES.join(", ")}`);
  return FEATURE_LAYERS.slice(0, end + 1);
}

/** Parameters of one convolution: `kernel` in HWIO order (3, 3, in, out), `bias` (out). Caffe's BGR, mean-subtracted convention. */
export interface ConvParameters {
  readonly kernel: Float32Array;
  readonly bias: Float32Array;
}

/** Parameters of one dense layer: `kernel` (in, out) row-major, `bias` (out). */
export interface DenseParameters {
  readonly kernel: Float32Array;
  readonly bias: Float32Array;
}

/** The parameters that an engine needs, by layer name. Layers may be missing at the top. */
export interface Vgg16Parameters {
  readonly convs: ReadonlyMap<string, ConvParameters>;
  readonly denses: ReadonlyMap<string, DenseParameters>;
  /**
   * What is subtracted from the picture's 0–255 channels before conv1_1, in BGR order: `BGR_MEAN`, unless the parameters
   * were trained with other means. Zero padding happens after the subtraction, so no bias could make up for another mean.
   */
  readonly inputMean: readonly [number, number, number];
}
