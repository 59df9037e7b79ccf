import { CLASSIFIER_SIDE, requireWholeNetwork } from "../../engine/backends/whole_network.ts";
import { GramcastError } from "../../errors.ts";
import { decodePicture, type ImageLimits } from "../../images/decode.ts";
import { resizePicture } from "../../images/resize.ts";
import type { Engine } from "../process/engine.ts";
import { Turns } from "../turns.ts";

/** Classifications that may run or wait: each takes a second or two of an engine that has transfers to run. */
export const MAX_CLASSIFICATIONS = 16;

/** What computes the probabilities. */
export type Classifying = Pick<Engine, "classify">;

/** Classifies pictures beside the transfers, one at a time: the engine and the memory are the transfers'. */
export class Classifications {
  readonly #engine: Classifying;
  readonly #limits: ImageLimits;
  readonly #layers: () => ReadonlySet<string>;
  readonly #turns = new Turns();

  /** @param layers Names of the layers that the weights in force have. */
  constructor(engine: Classifying, limits: ImageLimits, layers: () => ReadonlySet<string>) {
    this.#engine = engine;
    this.#limits = limits;
    this.#layers = layers;
  }

  /**
   * ImageNet probabilities (1000) of a picture.
   *
   * @param read Gives the encoded picture; called when its turn has come, so that what waits takes no memory.
   * @throws {GramcastError} WEIGHTS_INCOMPLETE, QUEUE_FULL, or what the engine throws.
   */
  async classify(read: () => Promise<Uint8Array>): Promise<Float32Array> {
    requireWholeNetwork(this.#layers());
    if (this.#turns.count >= MAX_CLASSIFICATIONS) {
      throw new GramcastError(
        "QUEUE_FULL",
        `Cannot classify: ${this.#turns.count} pictures are waiting for it, wanted fewer than ${MAX_CLASSIFICATIONS}`,
      );
    }
    return await this.#turns.take(async () => {
      const picture = await decodePicture(await read(), this.#limits);
      const side = CLASSIFIER_SIDE;
      return await this.#engine.classify((await resizePicture(picture, { width: side, height: side })).rgb);
    });
  }
}
