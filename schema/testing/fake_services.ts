import type { FrameHandle } from "../../transfers/api.ts";
import type { EncodeOptions } from "../../images/encode.ts";
import type { WeightsDescription } from "../../weights/loaded_weights.ts";
import type { FetchImage, FrameEncoder, Services } from "../context.ts";
import { TINY_PNG } from "./fake_images.ts";
import { FakeTransfers } from "./fake_transfers.ts";

const WEIGHTS: WeightsDescription = {
  name: "test filters",
  origin: "SHIPPED",
  sha256: "5a",
  layers: [{ name: "conv1_1", weightShape: [3, 3, 3, 64], biasShape: [64] }],
  note: "Of this test.",
  path: "/nowhere/test filters",
};

/** Everything that resolvers need, without an engine, a disk or a network. */
export class FakeServices implements Services {
  readonly config: Services["config"];
  readonly transfers = new FakeTransfers();
  /** What was asked to be encoded. */
  readonly encodings: (EncodeOptions & { step: number })[] = [];
  /** Addresses that were asked for. */
  readonly fetched: { url: string; maxBytes: number; timeoutMs: number }[] = [];

  readonly frames: FrameEncoder = {
    encode: (frame: FrameHandle, encoding: EncodeOptions) => {
      this.encodings.push({ ...encoding, step: frame.step });
      return Promise.resolve(new TextEncoder().encode(`${encoding.format} of step ${frame.step}`));
    },
  };

  readonly fetchImage: FetchImage = (url, limits) => {
    this.fetched.push({ url, ...limits });
    return Promise.resolve(TINY_PNG);
  };

  constructor(config: Partial<Services["config"]> = {}) {
    this.config = { maxImageBytes: 4096, publicUrl: null, ...config };
  }

  classLabels(): Promise<readonly string[]> {
    return Promise.resolve(Array.from({ length: 1000 }, (_, i) => `label ${i}`));
  }

  weights(): Promise<WeightsDescription> {
    return Promise.resolve(WEIGHTS);
  }
}
