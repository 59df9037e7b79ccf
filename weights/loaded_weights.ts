import type { Vgg16Parameters } from "../engine/vgg16.ts";
import type { LayerShapes } from "./assemble.ts";

/** Where parameters are from, and what can be said about them. */
export interface WeightsDescription {
  /** Of the file, without its folder. */
  readonly name: string;
  /** Whether it is the file that comes with the program, or one of the user's own. */
  readonly origin: "SHIPPED" | "FILE";
  /** Of the file's bytes, in hexadecimal. */
  readonly sha256: string;
  /** All layers that there are, fc6–fc8 too where the file has them, whether loaded or not. */
  readonly layers: readonly LayerShapes[];
  /** Something that everybody should know about them, or null. */
  readonly note: string | null;
  /** The file with its folder: another process loads the same by it. Not to be shown. */
  readonly path: string;
}

/** Parameters with their description. */
export interface LoadedWeights extends WeightsDescription {
  readonly parameters: Vgg16Parameters;
}
