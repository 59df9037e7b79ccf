import type { ImageStore, TransferStore } from "../storage/ports.ts";

/**
 * How long images live. One is kept while any of these holds, and nothing else keeps it:
 *
 * - it was uploaded for its own sake, and not too long ago;
 * - a transfer uses it or made it;
 * - a request or a run that is under way holds it.
 */
export class ImageLives {
  readonly #images: ImageStore;
  readonly #transfers: TransferStore;
  /** How many hold each image. */
  readonly #holds = new Map<string, number>();
  readonly #removals = new Map<string, Promise<number>>();

  constructor(images: ImageStore, transfers: TransferStore) {
    this.#images = images;
    this.#transfers = transfers;
  }

  /** Resolves when nothing is removing the image: if it is there then, it stays until it is let go. */
  async hold(id: string): Promise<void> {
    this.#holds.set(id, (this.#holds.get(id) ?? 0) + 1);
    await this.#removals.get(id)?.catch(() => {});
  }

  /** Takes back one `hold`. */
  letGo(id: string): void {
    const left = this.#holds.get(id)! - 1;
    if (left === 0) this.#holds.delete(id);
    else this.#holds.set(id, left);
  }

  /**
   * Removes an image unless something keeps it.
   *
   * @param uploadedBefore Uploads from this time on are kept; without it, all of them.
   * @returns Bytes removed.
   */
  async removeUnused(id: string, uploadedBefore = -Infinity): Promise<number> {
    if (this.#holds.has(id) || this.#removals.has(id)) return 0;
    const removal = this.#remove(id, uploadedBefore);
    this.#removals.set(id, removal);
    try {
      return await removal;
    } finally {
      this.#removals.delete(id);
    }
  }

  async #remove(id: string, uploadedBefore: number): Promise<number> {
    const image = await this.#images.get(id);
    if (image === null || (image.uploadedAt !== null && image.uploadedAt >= uploadedBefore)) return 0;
    // Whoever holds it from here on finds the removal under way, and waits for it.
    if (await this.#transfers.imageUses(id) > 0 || this.#holds.has(id)) return 0;
    return await this.#images.remove(id) ? image.byteLength : 0;
  }
}
