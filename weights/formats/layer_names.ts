/**
 * The names that VGG16's arrays go by in the wild, and which layer and part each means.
 *
 * @module
 */
import { CONV_NAMES } from "../../engine/vgg16.ts";

/** What one array of a file is. */
export interface TensorRole {
  readonly layer: string;
  readonly part: "weight" | "bias";
  /** `caffe`: kernels HWIO, BGR 0–255 minus means. `torchvision`: kernels OIHW, RGB 0–1 normalised by means and deviations. */
  readonly convention: "caffe" | "torchvision";
}

/** Positions of the layers in torchvision's `features` and `classifier` sequences. */
const TORCHVISION: ReadonlyMap<string, string> = new Map([
  ...[0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28].map((at, i) => [`features.${at}`, CONV_NAMES[i]!] as const),
  ["classifier.0", "fc6"],
  ["classifier.3", "fc7"],
  ["classifier.6", "fc8"],
]);

const KERAS_DENSE: ReadonlyMap<string, string> = new Map([["fc1", "fc6"], ["fc2", "fc7"], ["predictions", "fc8"]]);

/**
 * Recognises an array by its name: `conv1_1_W`, `conv1_1/W`, `conv1_1.weight`, `conv1_1_weights` and the like, Keras'
 * `block1_conv1/block1_conv1_W_1:0` and `block1_conv1/kernel:0`, torchvision's `features.0.weight`.
 *
 * @returns null for a name that belongs to no layer of VGG16.
 */
export function roleOf(name: string): TensorRole | null {
  const split = /^(.*?)[_/.]?(W|w|weights?|kernel|b|bias(?:es)?)(?:_\d+)?(?::0)?$/.exec(name);
  if (!split) return null;
  const [, path, suffix] = split;
  const part = suffix!.startsWith("b") ? "bias" : "weight";
  const fromTorchvision = TORCHVISION.get(path!);
  if (fromTorchvision) return { layer: fromTorchvision, part, convention: "torchvision" };
  // Keras repeats the layer's name in the path; any of its components that names a layer will do.
  for (const component of path!.split("/").toReversed()) {
    const layer = layerOf(component);
    if (layer) return { layer, part, convention: "caffe" };
  }
  return null;
}

function layerOf(component: string): string | null {
  if (CONV_NAMES.includes(component) || /^fc[678]$/.test(component)) return component;
  const block = /^block(\d)_conv(\d)$/.exec(component);
  if (block) return CONV_NAMES.find((name) => name === `conv${block[1]}_${block[2]}`) ?? null;
  return KERAS_DENSE.get(component) ?? null;
}
