import type { Size } from "../../engine/picture.ts";
import type { Clock } from "../clock.ts";
import { sha256Hex } from "../sha256.ts";
import type { ImageStore } from "../storage/ports.ts";
import type { ImageRecord, Owner } from "../types.ts";
import type { ImageLives } from "./image_lives.ts";

/**
 * Images of one request or run. None is removed while this is held; when it is disposed of, those go that nothing has
 * come to keep.
 */
export class HeldImages implements AsyncDisposable {
  readonly #images: ImageStore;
  readonly #lives: ImageLives;
  readonly #clock: Clock;
  readonly #holder = crypto.randomUUID();
  readonly #held: string[] = [];

  constructor(images: ImageStore, lives: ImageLives, clock: Clock) {
    this.#images = images;
    this.#lives = lives;
    this.#clock = clock;
  }

  /**
   * Keeps an encoded picture that is known to be good, each owner's once by content.
   *
   * @param admit Called before one is kept that its owner has not; what it throws is thrown.
   * @throws {GramcastError} STORAGE_FULL
   */
  async keep(
    owner: Owner,
    bytes: Uint8Array,
    info: Size & { readonly mimeType: string },
    admit: () => Promise<void> = () => Promise.resolve(),
  ): Promise<ImageRecord> {
    const sha256 = await sha256Hex(bytes);
    const put = async () => {
      await admit();
      return await this.#images.put({
        id: crypto.randomUUID(),
        owner,
        sha256,
        width: info.width,
        height: info.height,
        mimeType: info.mimeType,
        byteLength: bytes.byteLength,
        createdAt: this.#clock.now(),
        uploadedAt: null,
      }, bytes);
    };
    for (;;) {
      const { id } = await this.#images.find(owner, sha256) ?? await put();
      // One that was there may have been on its way out.
      const image = await this.get(id);
      if (image !== null) return image;
    }
  }

  /** An image, from now on held. */
  async get(id: string): Promise<ImageRecord | null> {
    this.#held.push(id);
    await this.#lives.hold(id);
    return await this.#images.hold(id, this.#holder);
  }

  /** Keeps an image for its own sake, though no transfer uses it. */
  upload(id: string): Promise<ImageRecord | null> {
    return this.#images.upload(id, this.#clock.now());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const held = this.#held.splice(0);
    if (held.length === 0) return;
    for (const id of held) this.#lives.letGo(id);
    // What cannot be let go or removed now goes with a later sweep.
    await this.#images.letGo(this.#holder).catch(() => {});
    for (const id of new Set(held)) await this.#lives.removeUnused(id).catch(() => {});
  }
}
