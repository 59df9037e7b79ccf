import { LRUCache } from "lru-cache";
import type { Picture } from "../engine/picture.ts";
import { DEFAULT_QUALITY } from "../limits.ts";
import { type EncodeOptions, encodePicture } from "./encode.ts";

/** Finds the picture that a key stands for; called only where it must be encoded. */
export type PictureSource = () => Picture | Promise<Picture>;

interface FrameEncoderOptions {
  /** Bytes of encoded pictures that are kept, the longest unused ones going first. 64 MiB when left out. */
  readonly maxBytes?: number;
  /** For tests; `encodePicture` when left out. */
  readonly encode?: (picture: Picture, options: EncodeOptions) => Promise<Uint8Array<ArrayBuffer>>;
}

const DEFAULT_MAX_BYTES = 64 * 2 ** 20;

/**
 * Encodes each picture once for each format, size and quality: callers at the same time share the work, later ones get the
 * kept bytes. Failures are not kept. Nobody may change the bytes.
 */
export class FrameEncoder {
  readonly #encode: NonNullable<FrameEncoderOptions["encode"]>;
  readonly #kept: LRUCache<string, Uint8Array<ArrayBuffer>>;
  readonly #underWay = new Map<string, Promise<Uint8Array<ArrayBuffer>>>();

  constructor(options: FrameEncoderOptions = {}) {
    this.#encode = options.encode ?? encodePicture;
    this.#kept = new LRUCache({
      maxSize: options.maxBytes ?? DEFAULT_MAX_BYTES,
      // It takes no zeros.
      sizeCalculation: ({ byteLength }) => byteLength || 1,
    });
  }

  /** Bytes kept now; never more than `maxBytes`. */
  get bytes(): number {
    return this.#kept.calculatedSize;
  }

  /**
   * The encoded picture.
   *
   * @param key Names the picture for ever, as `<transfer>/<step>`: the same key must always mean the same pixels.
   * @param source Called when the picture is not kept in this form.
   * @throws {GramcastError} What `source` or `encodePicture` throw.
   */
  async encode(key: string, options: EncodeOptions, source: PictureSource): Promise<Uint8Array<ArrayBuffer>> {
    const name = nameOf(key, options);
    const kept = this.#kept.get(name);
    if (kept) return kept;
    const shared = this.#underWay.get(name);
    if (shared) return await shared;
    const work = this.#work(name, options, source);
    this.#underWay.set(name, work);
    try {
      return await work;
    } finally {
      this.#underWay.delete(name);
    }
  }

  async #work(name: string, options: EncodeOptions, source: PictureSource): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = await this.#encode(await source(), options);
    this.#kept.set(name, bytes);
    return bytes;
  }
}

/** Formats that have no quality: all qualities of them are one. */
const WITHOUT_QUALITY: readonly EncodeOptions["format"][] = ["PNG", "TIFF", "GIF"];

function nameOf(key: string, { format, quality = DEFAULT_QUALITY, maxSize, recipe, bits }: EncodeOptions): string {
  return JSON.stringify([
    format,
    WITHOUT_QUALITY.includes(format) ? null : quality,
    maxSize ?? null,
    recipe ?? null,
    bits ?? 8,
    key,
  ]);
}
