import { checkImage, type ImageLimits, inspectImage, NO_LIMITS } from "../../images/decode.ts";
import { readRecipe } from "../../images/xmp.ts";
import { GramcastError } from "../../errors.ts";
import type { ImageIntake, SampleRecord } from "../api.ts";
import { type Caller, maySeeImage, NOBODY } from "../caller.ts";
import { sha256Hex } from "../sha256.ts";
import type { HeldImages } from "./held_images.ts";
import type { QuotaBook } from "./quota_book.ts";
import type { ImageStore } from "../storage/ports.ts";
import type { ImageRecord, Owner } from "../types.ts";

/** Of an address that leads past the server: whoever may not see a picture any more can follow it until then. */
const LINK_SECONDS = 300;

/** A picture that comes with the program. */
export interface BuiltInSample {
  readonly name: string;
  readonly description: string;
  readonly read: () => Promise<Uint8Array>;
}

interface Sample extends SampleRecord {
  readonly bytes: Uint8Array;
}

/** The pictures that callers brought, the results, and the samples. */
export class KeptImages {
  readonly #images: ImageStore;
  readonly #hold: () => HeldImages;
  readonly #makeRoom: (bytes: number) => Promise<void>;
  readonly #quotas: QuotaBook;
  readonly #limits: ImageLimits;
  readonly #builtIn: readonly BuiltInSample[];
  #samples: Promise<readonly Sample[]> | null = null;

  /**
   * @param hold Begins to hold images.
   * @param makeRoom Resolves when so many more bytes may be kept. @throws {GramcastError} STORAGE_FULL
   */
  constructor(
    images: ImageStore,
    hold: () => HeldImages,
    makeRoom: (bytes: number) => Promise<void>,
    quotas: QuotaBook,
    limits: ImageLimits,
    builtIn: readonly BuiltInSample[],
  ) {
    this.#images = images;
    this.#hold = hold;
    this.#makeRoom = makeRoom;
    this.#quotas = quotas;
    this.#limits = limits;
    this.#builtIn = builtIn;
  }

  /** Takes pictures in that are the caller's from then on. */
  intake(caller: Caller): ImageIntake {
    const held = this.#hold();
    return {
      keep: async (bytes) => {
        // A header can promise what the data does not hold: read it all now, so that no transfer fails for it later.
        const info = await checkImage(bytes, this.#limits);
        const { byteLength } = bytes;
        return await this.#quotas.keep(caller, byteLength, (admit) =>
          held.keep(caller.owner, bytes, info, async () => {
            await admit();
            await this.#makeRoom(byteLength);
          }));
      },
      get: async (id) => {
        const image = await this.#sample(id) ?? await held.get(id);
        return image !== null && maySeeImage(caller, image) ? image : null;
      },
      upload: async (image) => await this.#sample(image.id) ?? await held.upload(image.id) ?? image,
      [Symbol.asyncDispose]: () => held[Symbol.asyncDispose](),
    };
  }

  async get(id: string): Promise<ImageRecord | null> {
    return await this.#sample(id) ?? await this.#images.get(id);
  }

  /** An owner's image of these bytes, or a sample. */
  async find(owner: Owner, sha256: string): Promise<ImageRecord | null> {
    const sample = (await this.#load()).find(({ image }) => image.sha256 === sha256);
    return sample?.image ?? await this.#images.find(owner, sha256);
  }

  async read(image: ImageRecord): Promise<Uint8Array> {
    const sample = (await this.#load()).find((sample) => sample.image.id === image.id);
    return sample?.bytes ?? await this.#images.read(image);
  }

  async stream(image: ImageRecord): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    const sample = (await this.#load()).find((sample) => sample.image.id === image.id);
    return sample ? new Blob([new Uint8Array(sample.bytes)]).stream() : await this.#images.stream(image);
  }

  async link(image: ImageRecord): Promise<string | null> {
    return await this.#sample(image.id) ? null : await this.#images.link(image, LINK_SECONDS);
  }

  async frames(image: ImageRecord): Promise<number> {
    return (await inspectImage(await this.read(image), NO_LIMITS)).frames;
  }

  async recipe(image: ImageRecord): Promise<string | null> {
    return await readRecipe(await this.read(image));
  }

  /** Bytes of an image whoever owns it: for a transfer that uses it. @throws {GramcastError} NOT_FOUND */
  async readById(id: string): Promise<Uint8Array> {
    const image = await this.get(id);
    if (image === null) throw new GramcastError("NOT_FOUND", `Cannot read image ${id}: there is none`);
    return await this.read(image);
  }

  async samples(): Promise<readonly SampleRecord[]> {
    return (await this.#load()).map(({ name, description, image }) => ({ name, description, image }));
  }

  async #sample(id: string): Promise<ImageRecord | null> {
    return (await this.#load()).find(({ image }) => image.id === id)?.image ?? null;
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
        uploadedAt: 0,
      };
      return { name, description, image, bytes };
    }));
    return this.#samples;
  }
}
