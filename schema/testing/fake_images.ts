import { GramcastError } from "../../errors.ts";
import type { ImageIntake, ImageLibrary } from "../../transfers/api.ts";
import type { ImageRecord, Owner } from "../../transfers/types.ts";

/** A PNG of one pixel. */
export const TINY_PNG: Uint8Array<ArrayBuffer> = Uint8Array.fromBase64(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
);

const SAMPLES = [["content", 64, 48], ["style", 32, 32]] as const;

/** Keeps any bytes that begin as a PNG does, as a picture of 64×48. */
export class FakeImages implements ImageLibrary {
  /** Bytes that were handed in, in order. */
  readonly kept: Uint8Array[] = [];
  /** Ids of images that were uploaded for their own sake. */
  readonly uploaded: string[] = [];
  /** Intakes that were not disposed of. */
  openIntakes = 0;
  readonly #records = new Map<string, ImageRecord>();

  constructor() {
    for (const [name, width, height] of SAMPLES) this.#add(`im_${name}`, "", width, height, TINY_PNG);
  }

  record(id: string): ImageRecord {
    return this.#records.get(id)!;
  }

  intake(owner: Owner): ImageIntake {
    this.openIntakes++;
    return {
      keep: (bytes) => {
        this.kept.push(bytes);
        if (bytes[0] !== 0x89) throw new GramcastError("IMAGE_UNREADABLE", "Cannot read image: found text, wanted PNG");
        return Promise.resolve(this.#add(`im_kept${this.kept.length}`, owner, 64, 48, bytes));
      },
      get: (id) => this.get(owner, id),
      upload: (image) => {
        this.uploaded.push(image.id);
        return Promise.resolve(image);
      },
      [Symbol.asyncDispose]: () => {
        this.openIntakes--;
        return Promise.resolve();
      },
    };
  }

  get(owner: Owner, id: string): Promise<ImageRecord | null> {
    const record = this.#records.get(id);
    return Promise.resolve(record && (record.owner === owner || record.owner === "") ? record : null);
  }

  read(): Promise<Uint8Array> {
    return Promise.resolve(TINY_PNG);
  }

  frames(): Promise<number> {
    return Promise.resolve(1);
  }

  samples() {
    return Promise.resolve(
      SAMPLES.map(([name]) => ({ name, description: `A ${name} picture.`, image: this.record(`im_${name}`) })),
    );
  }

  #add(id: string, owner: Owner, width: number, height: number, bytes: Uint8Array): ImageRecord {
    const sha256 = id.padEnd(64, "0");
    const size = { width, height, byteLength: bytes.byteLength };
    const record = { id, owner, sha256, ...size, mimeType: "image/png", createdAt: 0, uploadedAt: null };
    this.#records.set(id, record);
    return record;
  }
}
