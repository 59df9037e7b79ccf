import { checkImage, type ImageLimits, inspectImage } from "../../images/decode.ts";
import { GramcastError } from "../../errors.ts";
import type { ImageLibrary } from "../api.ts";
import { type ImageKeeper, sha256Hex } from "./image_keeper.ts";
import type { ImageStore } from "../storage/ports.ts";
import type { ImageRecord, Owner } from "../types.ts";

/** A picture that comes with the program. */
export interface BuiltInSample {
  readonly name: string;
  readonly description: string;
  readonly read: () => Promise<Uint8Array>;
}

interface Sample {
  readonly name: string;
  readonly description: string;
  readonly image: ImageRecord;
  readonly bytes: Uint8Array;
}

/** Nobody's: samples are there for all. */
const NOBODY: Owner = "";

/** The pictures that callers brought, the results, and the samples. */
export class KeptImages implements ImageLibrary {
  readonly #images: ImageStore;
  readonly #keeper: ImageKeeper;
  readonly #limits: ImageLimits;
  readonly #builtIn: readonly BuiltInSample[];
  #samples: Promise<readonly Sample[]> | null = null;

  constructor(images: ImageStore, keeper: ImageKeeper, limits: ImageLimits, builtIn: readonly BuiltInSample[]) {
    this.#images = images;
    this.#keeper = keeper;
    this.#limits = limits;
    this.#builtIn = builtIn;
  }

  async keep(owner: Owner, bytes: Uint8Array): Promise<ImageRecord> {
    // A header can promise what the data does not hold: read it all now, so that no transfer fails for it later.
    return await this.#keeper.keep(owner, bytes, await checkImage(bytes, this.#limits));
  }

  async get(owner: Owner, id: string): Promise<ImageRecord | null> {
    const sample = (await this.#load()).find(({ image }) => image.id === id);
    if (sample !== undefined) return sample.image;
    const image = await this.#images.get(id);
    return image?.owner === owner ? image : null;
  }

  async read(image: ImageRecord): Promise<Uint8Array> {
    const sample = (await this.#load()).find((sample) => sample.image.id === image.id);
    return sample?.bytes ?? await this.#images.read(image);
  }

  /** Bytes of an image whoever owns it: for a transfer that uses it. @throws {GramcastError} NOT_FOUND */
  async readById(id: string): Promise<Uint8Array> {
    const sample = (await this.#load()).find(({ image }) => image.id === id);
    if (sample !== undefined) return sample.bytes;
    const image = await this.#images.get(id);
    if (image === null) throw new GramcastError("NOT_FOUND", `Cannot read image ${id}: there is none`);
    return await this.#images.read(image);
  }

  async samples(): Promise<readonly { name: string; description: string; image: ImageRecord }[]> {
    return (await this.#load()).map(({ name, description, image }) => ({ name, description, image }));
  }

  #load(): Promise<readonly Sample[]> {
    this.#samples ??= Promise.all(this.#builtIn.map(async ({ name, description, read }) => {
      const bytes = await read();
      const info = await inspectImage(bytes, this.#limits);
      const image: ImageRecord = {
        id: `sample-${name}`,
        owner: NOBODY,
        sha256: await sha256Hex(bytes),
        width: info.width,
        height: info.height,
        mimeType: info.mimeType,
        byteLength: bytes.byteLength,
        createdAt: 0,
      };
      return { name, description, image, bytes };
    }));
    return this.#samples;
  }
}
