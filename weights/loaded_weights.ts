import type { Vgg16Parameters } from "../engine/vgg16.ts";
import type { LayerShapes } from "./assemble.ts";

/** Where parameters are from, and what can be said about them. */
export interface WeightsDescription {
  /** Of the file, without its folder, or `builtin`. */
  readonly name: string;
  readonly origin: "PRETRAINED" | "BUILTIN";
  /** Of the file's bytes, in hexadecimal. */
  readonly sha256: string;
  /** All layers that there are, fc6–fc8 too where the file has them, whether loaded or not. */
  readonly layers: readonly LayerShapes[];
  /** Something that everybody should know about them, or null. */
  readonly note: string | null;
  /** What `loadWeights` takes to load the same again in another process: a path, so not to be shown, or `builtin`. */
  readonly reference: string;
}

/** Parameters with their description. */
export interface LoadedWeights extends WeightsDescription {
  readonly parameters: Vgg16Parameters;
}
