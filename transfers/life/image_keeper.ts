import type { Size } from "../../engine/picture.ts";
import type { Clock } from "../clock.ts";
import type { ImageStore } from "../storage/ports.ts";
import type { ImageRecord, Owner } from "../types.ts";

/** Keeps encoded pictures that are known to be good, each owner's once by content. */
export class ImageKeeper {
  readonly #images: ImageStore;
  readonly #clock: Clock;

  constructor(images: ImageStore, clock: Clock) {
    this.#images = images;
    this.#clock = clock;
  }

  /** @throws {GramcastError} STORAGE_FULL */
  async keep(owner: Owner, bytes: Uint8Array, info: Size & { readonly mimeType: string }): Promise<ImageRecord> {
    const sha256 = await sha256Hex(bytes);
    return await this.#images.find(owner, sha256) ?? await this.#images.put({
      id: crypto.randomUUID(),
      owner,
      sha256,
      width: info.width,
      height: info.height,
      mimeType: info.mimeType,
      byteLength: bytes.byteLength,
      createdAt: this.#clock.now(),
    }, bytes);
  }
}

/** SHA-256 in hexadecimal, computed off the event loop. */
export async function sha256Hex(bytes: Uint8Array): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>)).toHex();
}
