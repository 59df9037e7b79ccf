/**
 * What every resolver gets beside its arguments. `main.ts` supplies the real parts, tests put doubles here.
 *
 * @module
 */
import type { Config } from "../config.ts";
import type { FrameHandle, Transfers } from "../transfers/api.ts";
import type { Owner } from "../transfers/types.ts";

/** Formats in which a frame is handed out. */
export type FrameFormat = "JPEG" | "PNG" | "WEBP";

/** How a frame is to be encoded. */
export interface FrameEncoding {
  readonly format: FrameFormat;
  /** Longest side in pixels; null keeps the frame's own size. */
  readonly maxSize: number | null;
  /** 1–100; PNG has no use for it. */
  readonly quality: number;
}

/** Encodes frames away from the event loop, each (transfer, step, encoding) once. */
export interface FrameEncoder {
  encode(frame: FrameHandle, encoding: FrameEncoding): Promise<Uint8Array<ArrayBuffer>>;
}

/** A layer of the loaded weights, as the article prints them. */
export interface WeightLayer {
  readonly name: string;
  /** Height, width, channels in, channels out; for fc layers, in and out. */
  readonly weightShape: readonly number[];
  readonly biasShape: readonly number[];
}

/** The VGG16 parameters in use, without the numbers. */
export interface WeightsInfo {
  readonly name: string;
  readonly origin: "SHIPPED" | "FILE";
  /** Lower-case hexadecimal. */
  readonly sha256: string;
  readonly layers: readonly WeightLayer[];
  readonly note: string | null;
}

/** Fetches an encoded picture from a public address. */
export type FetchImage = (
  url: string,
  limits: { readonly maxBytes: number; readonly timeoutMs: number },
) => Promise<Uint8Array<ArrayBuffer>>;

/** What the resolvers reach the rest of the program through; one for the whole server. */
export interface Services {
  readonly config: Pick<Config, "maxImageBytes" | "publicUrl">;
  readonly transfers: Transfers;
  readonly frames: FrameEncoder;
  readonly fetchImage: FetchImage;
  /** Names of the 1000 ImageNet classes, by index. */
  classLabels(): Promise<readonly string[]>;
  weights(): Promise<WeightsInfo>;
}

/** Of one operation. */
export interface Context extends Services {
  /** Who asks: sees and changes only what is theirs. */
  readonly owner: Owner;
}
