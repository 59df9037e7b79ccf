// The port answers with promises and memory at once: an async method makes a rejection of whatever is thrown.
// deno-lint-ignore-file require-await
import { GramcastError } from "../../../errors.ts";
import { HOLD_MILLISECONDS, type ImageStore } from "../ports.ts";
import type { Clock } from "../../clock.ts";
import type { ImageRecord, Owner } from "../../types.ts";

/** Pictures in the memory of one process; forgotten at exit. */
export class MemoryImageStore implements ImageStore {
  readonly #records = new Map<string, ImageRecord>();
  readonly #blobs = new Map<string, Uint8Array>();
  readonly #uses: (id: string) => number;
  readonly #clock: Pick<Clock, "now"> | null;
  /** By image and holder, until when. */
  readonly #holds = new Map<string, Map<string, number>>();

  /**
   * @param uses How many transfers use an image.
   * @param clock That of services which share the images; null where one is alone with them.
   */
  constructor(uses: (id: string) => number = () => 0, clock: Pick<Clock, "now"> | null = null) {
    this.#uses = uses;
    this.#clock = clock;
  }

  async put(record: ImageRecord, bytes: Uint8Array): Promise<ImageRecord> {
    const existing = this.#find(record.owner, record.sha256);
    if (existing !== null) return existing;
    this.#records.set(record.id, record);
    this.#blobs.set(record.sha256, bytes);
    return record;
  }

  async get(id: string): Promise<ImageRecord | null> {
    return this.#records.get(id) ?? null;
  }

  async upload(id: string, uploadedAt: number): Promise<ImageRecord | null> {
    const record = this.#records.get(id);
    if (record === undefined) return null;
    const uploaded = { ...record, uploadedAt };
    this.#records.set(id, uploaded);
    return uploaded;
  }

  async find(owner: Owner, sha256: string): Promise<ImageRecord | null> {
    return this.#find(owner, sha256);
  }

  #find(owner: Owner, sha256: string): ImageRecord | null {
    return this.#records.values().find((other) => other.owner === owner && other.sha256 === sha256) ?? null;
  }

  async read(record: ImageRecord): Promise<Uint8Array> {
    const bytes = this.#blobs.get(record.sha256);
    if (bytes === undefined) throw new GramcastError("NOT_FOUND", `Cannot read image ${record.id}: it is gone`);
    return bytes;
  }

  async stream(record: ImageRecord): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    return new Blob([new Uint8Array(await this.read(record))]).stream();
  }

  async link(): Promise<null> {
    return null;
  }

  async hold(id: string, holder: string): Promise<ImageRecord | null> {
    const record = this.#records.get(id) ?? null;
    if (record !== null && this.#clock !== null) {
      this.#holds.getOrInsert(id, new Map()).set(holder, this.#clock.now() + HOLD_MILLISECONDS);
    }
    return record;
  }

  async letGo(holder: string): Promise<void> {
    for (const holders of this.#holds.values()) holders.delete(holder);
  }

  async remove(id: string): Promise<boolean> {
    if (this.#uses(id) > 0 || this.#isHeld(id)) return false;
    const record = this.#records.get(id);
    this.#records.delete(id);
    this.#holds.delete(id);
    if (record !== undefined && !this.#records.values().some((other) => other.sha256 === record.sha256)) {
      this.#blobs.delete(record.sha256);
    }
    return true;
  }

  #isHeld(id: string): boolean {
    return this.#holds.get(id)?.values().some((until) => until > this.#clock!.now()) ?? false;
  }

  async bytesOf(owner: Owner): Promise<number> {
    const own = this.#records.values().filter((record) => record.owner === owner);
    return own.reduce((sum, { byteLength }) => sum + byteLength, 0);
  }

  async all(): Promise<readonly ImageRecord[]> {
    return [...this.#records.values()].sort((a, b) => a.createdAt - b.createdAt);
  }
}
