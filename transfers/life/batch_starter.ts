import type { TransferOptions } from "../../engine/options/options.ts";
import type { BatchRequest, CostEstimate, StartRequest } from "../api.ts";
import type { Caller } from "../caller.ts";
import { KeyedTurns } from "../keyed_turns.ts";
import type { BatchStore } from "../storage/ports.ts";
import type { BatchRecord, TransferRecord } from "../types.ts";
import { cellsOfRequest, checkBatch, errorIn, type Place } from "./batch_request.ts";
import type { Forecast } from "./forecast.ts";
import { type Journal, statusEvent } from "./journal.ts";
import { newRecord } from "./new_record.ts";
import { oncePerKey } from "./once_per_key.ts";
import { drawSeed, OptionResolver, type ResolverPorts } from "./option_resolver.ts";
import type { QueueAdmission } from "./queue_admission.ts";
import { checkSameRequest, fingerprintOf } from "./start_request.ts";

export interface BatchStarterPorts extends ResolverPorts {
  readonly batches: BatchStore;
  readonly admission: QueueAdmission;
  readonly journal: Journal;
  readonly forecast: Forecast;
}

/** One transfer of a batch that is asked for. */
interface Cell {
  readonly place: Place;
  readonly asked: StartRequest;
  readonly options: TransferOptions;
  readonly resolver: OptionResolver;
}

/** Admits batches to the queue: all of their transfers, or none. */
export class BatchStarter {
  readonly #ports: BatchStarterPorts;
  /** Calls under way for an idempotency key of an owner. */
  readonly #turns = new KeyedTurns();

  constructor(ports: BatchStarterPorts) {
    this.#ports = ports;
  }

  /** Those of its transfers that name no seed have one and the same, so that they differ by what they are asked alone. */
  async start(caller: Caller, request: BatchRequest): Promise<BatchRecord> {
    check(request);
    const fingerprint = await fingerprintOf(request);
    return await oncePerKey(this.#turns, caller.owner, request.idempotencyKey, {
      find: (owner, key) => this.#ports.batches.findByKey(owner, key),
      again: (existing) => same(existing, fingerprint),
      start: () => this.#start(caller, request, fingerprint),
    });
  }

  /** What each of its transfers would cost, by their places. */
  estimate(caller: Caller, request: BatchRequest): Promise<CostEstimate[]> {
    check(request);
    const { forecast } = this.#ports;
    return this.#each(
      caller,
      request,
      ({ asked, options }) => Promise.resolve(forecast.estimate({ ...asked, options })),
    );
  }

  /** Null where another server on the same store was faster with its key. */
  async #start(caller: Caller, request: BatchRequest, fingerprint: string): Promise<BatchRecord | null> {
    const { batches, journal, admission } = this.#ports;
    const { contents, styles, variations, idempotencyKey } = request;
    const { owner } = caller;
    const batch: BatchRecord = {
      id: crypto.randomUUID(),
      owner,
      idempotencyKey,
      fingerprint,
      createdAt: journal.now(),
      contents: contents.length,
      styles: styles.length,
      variations: variations.map(({ name }) => name),
    };
    const transfers = await this.#records(caller, request, batch);
    if (journal.storageFailure !== null) throw journal.storageFailure;
    return await admission.enqueue({
      role: caller.role,
      transfers,
      record: async (traces) => {
        const made = await batches.create(
          batch,
          transfers.map((record, i) => ({
            record: { ...record, ...traces[i] },
            event: { ...statusEvent("QUEUED", record), at: record.createdAt },
          })),
        );
        return made.created ? made.record : null;
      },
    });
  }

  #records(caller: Caller, request: BatchRequest, batch: BatchRecord): Promise<TransferRecord[]> {
    const { id, fingerprint, createdAt } = batch;
    return this.#each(caller, request, async ({ place, asked, options, resolver }) => {
      this.#ports.forecast.refuseTooLarge({ ...asked, options });
      await resolver.checkFrames(asked, options);
      return newRecord(caller, asked, options, fingerprint, createdAt, { id, ...place });
    });
  }

  /** What is made of each transfer of a batch, by their places. */
  async #each<T>(caller: Caller, request: BatchRequest, make: (cell: Cell) => Promise<T>): Promise<T[]> {
    const resolver = new OptionResolver(this.#ports, caller);
    const seed = drawSeed();
    const made: T[] = [];
    for (const { place, request: asked } of cellsOfRequest(request)) {
      try {
        made.push(await make({ place, asked, options: await resolver.resolve(asked, seed), resolver }));
      } catch (error) {
        throw errorIn(place, error);
      }
      // What one may take is reckoned in a few milliseconds: others get their turn in between.
      await new Promise((resume) => setTimeout(resume));
    }
    return made;
  }
}

function check(request: BatchRequest): void {
  checkBatch({
    ...request,
    variations: request.variations.map((each) => ({ ...each, hasInitImage: each.initImageId !== null })),
  });
}

function same(existing: BatchRecord, fingerprint: string): BatchRecord {
  checkSameRequest("start the batch", existing, fingerprint);
  return existing;
}
