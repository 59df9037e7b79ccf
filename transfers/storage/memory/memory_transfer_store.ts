// The port answers with promises and memory at once: an async method makes a rejection of whatever is thrown.
// deno-lint-ignore-file require-await
import { GramcastError } from "../../../errors.ts";
import type { LossPoint } from "../../../engine/objective/losses.ts";
import { numbered } from "../numbered.ts";
import {
  type Append,
  CHECKPOINTS_KEPT,
  type Claim,
  type Footprint,
  type FrameRecord,
  type KeptFrame,
  type Listed,
  type ListQuery,
  type NewEvent,
  type NewTransfer,
  type TransferStore,
} from "../ports.ts";
import { thinnedIndices } from "../thin.ts";
import {
  hasEnded,
  imagesOf,
  type Owner,
  type TransferEvent,
  type TransferRecord,
  type TransferStatus,
  type WebhookRecord,
} from "../../types.ts";
import { fencedStore } from "./fenced_store.ts";
import type { MemoryClaims } from "./memory_claims.ts";
import type { MemoryOrderBook } from "./memory_order_book.ts";
import { MemoryWebhookStore } from "./memory_webhook_store.ts";

/** What else is kept of transfers in the same memory. */
export interface MemoryNeighbours {
  /** Those that are told of its transfers. */
  readonly webhooks: MemoryWebhookStore;
  readonly claims: MemoryClaims;
  readonly orders: MemoryOrderBook | null;
}

interface Entry {
  readonly ordinal: number;
  record: TransferRecord;
  readonly events: TransferEvent[];
  /** By step. */
  readonly checkpoints: Map<number, Uint8Array>;
  readonly frames: Map<number, { readonly frame: FrameRecord; readonly bytes: Uint8Array; readonly keep: boolean }>;
}

/** Transfers in the memory of one process; forgotten at exit. */
export class MemoryTransferStore implements TransferStore {
  readonly #entries = new Map<string, Entry>();
  /** Ids of transfers by the batch that they are of, oldest first; none that is empty. */
  readonly #batches = new Map<string, Set<string>>();
  readonly #webhooks: MemoryWebhookStore;
  readonly #claims: MemoryClaims | null;
  readonly #orders: MemoryOrderBook | null;
  #ordinal = 0;
  /** Work by owner, by day. */
  readonly #work = new Map<number, Map<Owner, number>>();

  /** @param neighbours Those that are left out: nothing else is kept, and one process is alone with it. */
  constructor({ webhooks, claims, orders }: Partial<MemoryNeighbours> = {}) {
    this.#webhooks = webhooks ?? new MemoryWebhookStore();
    this.#claims = claims ?? null;
    this.#orders = orders ?? null;
  }

  under(claim: Claim): TransferStore {
    return this.#claims === null ? this : fencedStore(this, this.#claims, claim);
  }

  async create(
    record: TransferRecord,
    event: NewEvent,
    webhook: WebhookRecord | null = null,
  ): Promise<{ record: TransferRecord; created: boolean }> {
    const existing = record.idempotencyKey === null ? null : this.#findByKey(record.owner, record.idempotencyKey);
    if (existing !== null) return { record: existing, created: false };
    const stored = this.put({ record, event });
    if (webhook !== null) this.#webhooks.put(webhook);
    return { record: stored, created: true };
  }

  /** For the store of the batches: adds one that has no key. */
  put({ record, event }: NewTransfer): TransferRecord {
    const stored = { ...record, sequence: 1 };
    this.#entries.set(record.id, {
      ordinal: ++this.#ordinal,
      record: stored,
      events: numbered([event], { sequence: 0, at: 0 }),
      checkpoints: new Map(),
      frames: new Map(),
    });
    if (record.batch !== undefined) {
      const ofBatch = this.#batches.get(record.batch.id) ?? new Set();
      this.#batches.set(record.batch.id, ofBatch.add(record.id));
    }
    return stored;
  }

  /** For the store of the batches. */
  has(id: string): boolean {
    return this.#entries.has(id);
  }

  /** For the store of the batches: those of one of them, oldest first. */
  ofBatch(id: string): TransferRecord[] {
    return [...this.#batches.get(id) ?? []].map((id) => this.#entries.get(id)!.record);
  }

  async get(id: string): Promise<TransferRecord | null> {
    return this.#entries.get(id)?.record ?? null;
  }

  async findByKey(owner: Owner, idempotencyKey: string): Promise<TransferRecord | null> {
    return this.#findByKey(owner, idempotencyKey);
  }

  #findByKey(owner: Owner, key: string): TransferRecord | null {
    return this.#entries.values()
      .find(({ record }) => record.owner === owner && record.idempotencyKey === key)?.record ?? null;
  }

  async list(query: ListQuery): Promise<readonly Listed[]> {
    const found = this.#visible(query.owner, query.statuses)
      .filter(({ ordinal }) => query.olderThan === null || ordinal < query.olderThan)
      .filter(({ ordinal }) => query.newerThan === null || ordinal > query.newerThan)
      .map(({ ordinal, record }) => ({ ordinal, record }))
      .sort((a, b) => b.ordinal - a.ordinal);
    return query.take === "newest" ? found.slice(0, query.limit) : found.slice(Math.max(0, found.length - query.limit));
  }

  async count(owner: Owner | null, statuses: readonly TransferStatus[] | null): Promise<number> {
    return this.#visible(owner, statuses).length;
  }

  #visible(owner: Owner | null, statuses: readonly TransferStatus[] | null): Entry[] {
    return [...this.#entries.values()].filter(({ record }) =>
      (owner === null || record.owner === owner) && (statuses === null || statuses.includes(record.status))
    );
  }

  async withStatus(statuses: readonly TransferStatus[]): Promise<readonly TransferRecord[]> {
    return [...this.#entries.values()].map(({ record }) => record).filter(({ status }) => statuses.includes(status));
  }

  async append(id: string, { from, changes, events, notice = null }: Append): Promise<TransferRecord | null> {
    const entry = this.#entries.get(id);
    if (entry === undefined || !from.includes(entry.record.status)) return null;
    entry.events.push(...numbered(events, entry.events.at(-1)!));
    entry.record = { ...entry.record, ...changes, sequence: entry.events.length };
    if (notice !== null) this.#webhooks.tell(entry.record, notice);
    return entry.record;
  }

  async events(id: string, after: number, limit: number): Promise<readonly TransferEvent[]> {
    // Sequence numbers begin at 1 and have no holes, so they are places in the array.
    return this.#entries.get(id)?.events.slice(after, after + limit) ?? [];
  }

  async lossHistory(id: string, points: number): Promise<readonly LossPoint[]> {
    const all = (this.#entries.get(id)?.events ?? []).flatMap(({ step, losses }): LossPoint[] =>
      losses === null
        ? []
        : [{ step, total: losses.total, content: losses.content, style: losses.style, tv: losses.tv }]
    );
    return thinnedIndices(all.length, points).map((i) => all[i]!);
  }

  async saveCheckpoint(id: string, step: number, bytes: Uint8Array): Promise<void> {
    const checkpoints = this.#entries.get(id)?.checkpoints;
    if (checkpoints === undefined) return;
    const earlier = [...checkpoints.keys()].filter((other) => other < step).sort((a, b) => b - a);
    const kept = new Set(earlier.slice(0, CHECKPOINTS_KEPT - 1));
    for (const other of checkpoints.keys()) if (!kept.has(other)) checkpoints.delete(other);
    checkpoints.set(step, bytes);
  }

  async checkpoints(id: string): Promise<readonly number[]> {
    return [...this.#entries.get(id)?.checkpoints.keys() ?? []].sort((a, b) => b - a);
  }

  async readCheckpoint(id: string, step: number): Promise<Uint8Array> {
    const bytes = this.#entries.get(id)?.checkpoints.get(step);
    if (bytes === undefined) {
      throw new GramcastError("CHECKPOINT_UNREADABLE", `Cannot read the checkpoint of step ${step}: there is none`);
    }
    return bytes;
  }

  async saveFrame(id: string, frame: FrameRecord, bytes: Uint8Array, keep: boolean): Promise<void> {
    const frames = this.#entries.get(id)?.frames;
    if (frames === undefined) return;
    const kept = keep || (frames.get(frame.step)?.keep ?? false);
    for (const [step, other] of frames) if (!other.keep) frames.delete(step);
    frames.set(frame.step, { frame, bytes, keep: kept });
  }

  async frames(id: string): Promise<readonly KeptFrame[]> {
    const frames = [...this.#entries.get(id)?.frames.values() ?? []]
      .map(({ frame, bytes }) => ({ ...frame, bytes: bytes.byteLength }));
    return frames.sort((a, b) => a.step - b.step);
  }

  async removeFrames(id: string, steps: readonly number[]): Promise<void> {
    for (const step of steps) this.#entries.get(id)?.frames.delete(step);
  }

  async readFrame(id: string, step: number): Promise<Uint8Array | null> {
    return this.#entries.get(id)?.frames.get(step)?.bytes ?? null;
  }

  async remove(id: string): Promise<boolean> {
    this.#webhooks.forgetTransfer(id);
    this.#orders?.forgetTransfer(id);
    const batch = this.#entries.get(id)?.record.batch?.id;
    const ofBatch = this.#batches.get(batch ?? "");
    ofBatch?.delete(id);
    if (ofBatch?.size === 0) this.#batches.delete(batch!);
    return this.#entries.delete(id);
  }

  async ended(): Promise<readonly Footprint[]> {
    const ended = [...this.#entries.values()].filter(({ record }) => hasEnded(record.status));
    return ended.map((entry) => ({
      id: entry.record.id,
      finishedAt: entry.record.finishedAt ?? 0,
      bytes: footprint(entry),
    }))
      .sort((a, b) => a.finishedAt - b.finishedAt);
  }

  async imageUses(imageId: string): Promise<number> {
    return this.uses(imageId);
  }

  /** As `imageUses`, at once. */
  uses(imageId: string): number {
    return this.#entries.values().filter(({ record }) => imagesOf(record).includes(imageId)).toArray().length;
  }

  async bytesOf(owner: Owner): Promise<number> {
    const own = this.#entries.values().filter(({ record }) => record.owner === owner);
    return own.reduce((sum, entry) => sum + fileBytes(entry), 0);
  }

  async addWork(owner: Owner, day: number, work: number): Promise<void> {
    for (const other of this.#work.keys()) if (other < day - 1) this.#work.delete(other);
    const ofDay = this.#work.get(day) ?? new Map<Owner, number>();
    this.#work.set(day, ofDay.set(owner, Math.max(0, (ofDay.get(owner) ?? 0) + work)));
  }

  async workOf(owner: Owner, day: number): Promise<number> {
    return this.#work.get(day)?.get(owner) ?? 0;
  }
}

function footprint(entry: Entry): number {
  return entry.events.length * 256 + fileBytes(entry);
}

function fileBytes(entry: Entry): number {
  let bytes = 0;
  for (const checkpoint of entry.checkpoints.values()) bytes += checkpoint.byteLength;
  for (const frame of entry.frames.values()) bytes += frame.bytes.byteLength;
  return bytes;
}
