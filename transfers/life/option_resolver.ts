import { checkLayers } from "../../engine/options/check_layers.ts";
import type { TransferOptions } from "../../engine/options/options.ts";
import { resolveOptions } from "../../engine/options/resolve.ts";
import { GramcastError } from "../../errors.ts";
import { mapPictures } from "../../images/pictures.ts";
import { quoted } from "../../values.ts";
import type { StartRequest } from "../api.ts";
import { type Caller, maySeeImage } from "../caller.ts";
import { type ImageRecord, picturesOf } from "../types.ts";
import type { KeptImages } from "./image_library.ts";
import { checkRegions } from "./regions.ts";

export interface ResolverPorts {
  readonly images: KeptImages;
  /** Names of the layers that the weights in force have. */
  readonly layers: () => ReadonlySet<string>;
}

/**
 * Completes requests of a caller, every image in them checked. What has been looked at for one of them is not looked at again
 * for the next.
 */
export class OptionResolver {
  readonly #ports: ResolverPorts;
  readonly #caller: Caller;
  /** By id. */
  readonly #images = new Map<string, ImageRecord>();
  /** Style pictures with their regions that something is left of. */
  readonly #regions = new Set<string>();

  constructor(ports: ResolverPorts, caller: Caller) {
    this.#ports = ports;
    this.#caller = caller;
  }

  /**
   * The options of a request.
   *
   * @param seed Used where it names none.
   * @throws {GramcastError} NOT_FOUND, BAD_USER_INPUT, WEIGHTS_INCOMPLETE
   */
  async resolve(request: StartRequest, seed = drawSeed()): Promise<TransferOptions> {
    const { content } = await mapPictures(picturesOf(request), (id, field) => this.image(field, id));
    const options = resolveOptions(request, content, seed);
    checkLayers(options, this.#ports.layers());
    await checkRegions(request, options, (id) => this.#ports.images.readById(id), this.#regions);
    return options;
  }

  /** @throws {GramcastError} NOT_FOUND */
  async image(field: string, id: string): Promise<ImageRecord> {
    const image = this.#images.get(id) ?? await this.#ports.images.get(id);
    if (image !== null && maySeeImage(this.#caller, image)) {
      this.#images.set(id, image);
      return image;
    }
    throw new GramcastError(
      "NOT_FOUND",
      `Cannot use ${field} ${quoted(id)}: found no such image, wanted the id of one`,
      { field },
    );
  }
}

/** Of all seeds those that are not negative: they read better, and 2³¹ of them are enough. */
export function drawSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0]! >>> 1;
}
