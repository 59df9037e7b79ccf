/**
 * What every resolver gets beside its arguments. `main.ts` puts it together.
 *
 * @module
 */
import type { Config } from "../config.ts";
import type { EncodeOptions } from "../images/encode.ts";
import type { FetchLimits } from "../images/remote.ts";
import type { FrameHandle, Transfers } from "../transfers/api.ts";
import type { Owner } from "../transfers/types.ts";
import type { WeightsDescription } from "../weights/loaded_weights.ts";
import type { Allowance } from "./allowance.ts";

/** Encodes frames away from the event loop, each (transfer, step, options) once. */
export interface FrameEncoder {
  encode(frame: FrameHandle, options: EncodeOptions): Promise<Uint8Array<ArrayBuffer>>;
}

/** Fetches an encoded picture from a public address. */
export type FetchImage = (
  url: string,
  limits: FetchLimits,
) => Promise<Uint8Array<ArrayBuffer>>;

/** What the resolvers reach the rest of the program through; one for the whole server. */
export interface Services {
  readonly config: Pick<Config, "maxImageBytes" | "publicUrl">;
  readonly transfers: Transfers;
  readonly frames: FrameEncoder;
  readonly fetchImage: FetchImage;
  /** Names of the 1000 ImageNet classes, by index. */
  classLabels(): Promise<readonly string[]>;
  /** The parameters in use, without the numbers. */
  weights(): Promise<WeightsDescription>;
}

/** Of one operation. */
export interface Context extends Services {
  /** What the operation may still cost. */
  readonly allowance: Allowance;
  /** Who asks: sees and changes only what is theirs. */
  readonly owner: Owner;
}
