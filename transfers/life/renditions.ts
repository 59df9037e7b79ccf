import { GramcastError } from "../../errors.ts";
import { movingGif } from "../../images/encode_moving.ts";
import type { Footage } from "../../images/film.ts";
import { readTiming } from "../../images/timing.ts";
import { mimeTypeOfWritten, MOVING_FORMATS, type MovingFormat } from "../../images/written_format.ts";
import { quoted } from "../../values.ts";
import { type Log, oneLine } from "../log.ts";
import type { ImageStore, TransferStore } from "../storage/ports.ts";
import type { ImageRecord, TransferRecord } from "../types.ts";
import type { HeldImages } from "./held_images.ts";
import { paintedFrames } from "./painted_frames.ts";
import { SharedWork } from "./shared_work.ts";

/** What writes films. */
export interface Films {
  /** @param signal Breaks it off. @throws {GramcastError} QUEUE_FULL, FORMAT_UNAVAILABLE */
  write(footage: Footage, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>>;
}

export interface RenditionPorts {
  readonly store: TransferStore;
  readonly images: ImageStore;
  /** Bytes of an image that a transfer uses. */
  readonly readImage: (id: string) => Promise<Uint8Array>;
  /** Begins to hold images. */
  readonly hold: () => HeldImages;
  /** Null where there is no program for it. */
  readonly films: Films | null;
  readonly log: Log;
}

/** What a result is made into beside the WebP that it is. */
type Rendition = Exclude<MovingFormat, "WEBP">;

/** What a transfer's record says where a rendition is. */
const KEPT_AS = { GIF: "gifId", MP4: "filmId" } as const satisfies Record<Rendition, keyof TransferRecord>;

/**
 * Results that move, in other formats: each is made when it is first asked for, once for all who ask, and kept with its
 * transfer. It counts as its owner's, and goes when the transfer goes.
 */
export class Renditions {
  readonly #ports: RenditionPorts;
  readonly #work = new SharedWork<ImageRecord | Uint8Array<ArrayBuffer>>();

  constructor(ports: RenditionPorts) {
    this.#ports = ports;
  }

  /** Formats that a result which moves can be had in. */
  get formats(): readonly MovingFormat[] {
    return MOVING_FORMATS.filter((format) => format !== "MP4" || this.#ports.films !== null);
  }

  /** One that has been made; null for one that has not. */
  async kept(record: TransferRecord, format: MovingFormat): Promise<ImageRecord | null> {
    const id = format === "WEBP" ? record.resultId : record[KEPT_AS[format]];
    return id === undefined || id === null ? null : await this.#ports.images.get(id);
  }

  /**
   * A result that moves, in a format; its bytes where there was no room to keep them.
   *
   * @param signal Of who asks.
   * @throws {GramcastError} FORMAT_UNAVAILABLE, QUEUE_FULL; NOT_FOUND for one that is deleted meanwhile.
   */
  async of(
    record: TransferRecord,
    format: MovingFormat,
    signal: AbortSignal,
  ): Promise<ImageRecord | Uint8Array<ArrayBuffer>> {
    const kept = await this.kept(record, format);
    if (kept !== null) return kept;
    if (format === "WEBP") throw new Error(`The result of transfer ${record.id} has been removed`);
    return await this.#work.share(`${record.id} ${format}`, signal, async (signal) => {
      // Others may have made it since the record was read.
      const now = await this.#ports.store.get(record.id);
      const madeBefore = now && await this.kept(now, format);
      if (madeBefore !== null) return madeBefore;
      const made = await this.#make(record, format, signal).catch((error) => this.#refuseDeleted(record, error));
      return await this.#keep(record, format, made) ?? made;
    });
  }

  /** Breaks off what is being made, and makes no more. */
  async stop(): Promise<void> {
    await this.#work.stop();
  }

  async #make(record: TransferRecord, format: Rendition, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    const { store, films, readImage, log } = this.#ports;
    if (format === "GIF") return await movingGif(await readImage(record.resultId!));
    if (films === null) {
      throw new GramcastError(
        "FORMAT_UNAVAILABLE",
        "Cannot write MP4: found no FFmpeg on this server, wanted its path or name in FFMPEG; take WebP or GIF",
      );
    }
    const { delays } = (await readTiming(await readImage(record.contentId)))!;
    try {
      return await films.write({ frames: paintedFrames(store, record), size: record.options, delays }, signal);
    } catch (error) {
      if (error instanceof GramcastError && error.code === "FORMAT_UNAVAILABLE") {
        log.warn(`Transfer ${record.id} cannot be written as a film: ${oneLine(error.cause)}`);
      }
      throw error;
    }
  }

  /** What it is made of goes with a transfer that is deleted meanwhile. @throws {GramcastError} NOT_FOUND @throws `error` */
  async #refuseDeleted({ id }: TransferRecord, error: unknown): Promise<never> {
    if (await this.#ports.store.get(id) !== null) throw error;
    throw new GramcastError("NOT_FOUND", `Cannot find transfer ${quoted(id)}: it has been deleted`, { cause: error });
  }

  /** Null where there is no room for it. */
  async #keep(
    { id, owner, options: { width, height } }: TransferRecord,
    format: Rendition,
    bytes: Uint8Array<ArrayBuffer>,
  ): Promise<ImageRecord | null> {
    const { store, hold, log } = this.#ports;
    await using held = hold();
    try {
      const image = await held.keep(owner, bytes, { width, height, mimeType: mimeTypeOfWritten(format) });
      const changes = { [KEPT_AS[format]]: image.id };
      // A transfer that has been deleted meanwhile keeps nothing.
      return await store.append(id, { from: ["SUCCEEDED"], changes, events: [] }) === null ? null : image;
    } catch (error) {
      if (!(error instanceof GramcastError) || error.code !== "STORAGE_FULL") throw error;
      log.warn(`Transfer ${id} cannot keep its ${format}: ${oneLine(error)}`);
      return null;
    }
  }
}
