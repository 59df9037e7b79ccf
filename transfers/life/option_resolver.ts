import { checkLayers } from "../../engine/options/check_layers.ts";
import { framesIn } from "../../engine/options/moving_schedule.ts";
import type { TransferOptions } from "../../engine/options/options.ts";
import { resolveOptions } from "../../engine/options/resolve.ts";
import { GramcastError } from "../../errors.ts";
import { checkMoving, checkMovingSize, inspectMoving } from "../../images/moving.ts";
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
  /** Frames of contents, by id. */
  readonly #frames = new Map<string, number>();
  /** Ids of contents whose every frame has been read. */
  readonly #whole = new Set<string>();
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
    const frames = request.moving ? await this.#framesOf(content.id) : 1;
    const options = resolveOptions(request, { ...content, frames }, seed);
    checkMovingSize(options);
    checkLayers(options, this.#ports.layers());
    await checkRegions(request, options, (id) => this.#ports.images.readById(id), this.#regions);
    return options;
  }

  /**
   * Reads what moves to its end, so that no transfer fails for damage later: where it was kept, its first frame was read.
   *
   * @throws {GramcastError} IMAGE_UNREADABLE
   */
  async checkFrames({ contentId }: StartRequest, options: TransferOptions): Promise<void> {
    if (framesIn(options) === 1 || this.#whole.has(contentId)) return;
    await checkMoving(await this.#ports.images.readById(contentId));
    this.#whole.add(contentId);
  }

  /** Frames of a content that is painted frame by frame. */
  async #framesOf(id: string): Promise<number> {
    const known = this.#frames.get(id);
    if (known !== undefined) return known;
    const timing = await inspectMoving(await this.#ports.images.readById(id));
    const frames = timing?.delays.length ?? 1;
    this.#frames.set(id, frames);
    return frames;
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
