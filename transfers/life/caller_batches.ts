import { GramcastError } from "../../errors.ts";
import { quoted } from "../../values.ts";
import type {
  Batches,
  BatchItem,
  BatchProgressRequest,
  BatchRequest,
  CostEstimate,
  ListRequest,
  Page,
} from "../api.ts";
import type { Recorder } from "../audit.ts";
import { type Caller, checkIsAdmin, checkMayChange, maySeeBatch } from "../caller.ts";
import { pageOf } from "../storage/paging.ts";
import { shared } from "../watch/shared_reads.ts";
import { type BatchRecord, type BatchState, batchStateOf, type TransferRecord } from "../types.ts";
import type { TransferService } from "./service.ts";

/** The batches of the service as one caller sees them: whatever takes an id is held against the caller's rights here. */
export class CallerBatches implements Batches {
  readonly #service: TransferService;
  readonly #caller: Caller;
  readonly #record: Recorder;
  /** Fields of one answer ask for the same at once. */
  readonly #get = shared((id: string) => this.#service.batches.get(id));
  readonly #tally = shared((id: string) => this.#service.batches.tally(id));
  readonly #transfers = shared((id: string) => this.#service.batches.transfers(id));

  constructor(service: TransferService, caller: Caller, record: Recorder) {
    this.#service = service;
    this.#caller = caller;
    this.#record = record;
  }

  async start(request: BatchRequest): Promise<BatchRecord> {
    checkMayChange(this.#caller, "start a batch");
    const batch = await this.#service.startBatch(this.#caller, request);
    await this.#record("start batch", batch.id);
    return batch;
  }

  async estimate(request: BatchRequest): Promise<readonly CostEstimate[]> {
    checkMayChange(this.#caller, "estimate a batch");
    return await this.#service.estimateBatch(this.#caller, request);
  }

  async cancel(id: string): Promise<BatchRecord> {
    const batch = await this.#own(id, "cancel the batch");
    await this.#service.cancelBatch(id);
    await this.#record("cancel batch", id);
    return batch;
  }

  async remove(id: string): Promise<readonly string[]> {
    await this.#own(id, "delete the batch");
    const transfers = await this.#service.removeBatch(id);
    await this.#record("delete batch", id);
    return transfers;
  }

  async get(id: string): Promise<BatchRecord | null> {
    const batch = await this.#get(id);
    return batch !== null && maySeeBatch(this.#caller, batch) ? batch : null;
  }

  async list({ allOwners, ...page }: Omit<ListRequest, "status">): Promise<Page<BatchRecord>> {
    const { owner, follows } = this.#caller;
    if (allOwners) checkIsAdmin(this.#caller, "list the batches of all owners");
    if (follows !== null) return pageOf<BatchRecord>([], () => 0, page);
    return await this.#service.listBatches(allOwners ? null : owner, page);
  }

  async state(id: string): Promise<BatchState> {
    await this.#seen(id);
    return batchStateOf(await this.#tally(id));
  }

  async transfers(id: string): Promise<readonly TransferRecord[]> {
    await this.#seen(id);
    return await this.#transfers(id);
  }

  async progress(id: string, request: BatchProgressRequest): Promise<AsyncIterableIterator<BatchItem>> {
    return await this.#service.batchProgress(await this.#seen(id), request);
  }

  async #own(id: string, what: string): Promise<BatchRecord> {
    const batch = await this.#seen(id);
    checkMayChange(this.#caller, what);
    return batch;
  }

  /** @throws {GramcastError} NOT_FOUND for one that the caller may not see, as for one that is not there. */
  async #seen(id: string): Promise<BatchRecord> {
    const batch = await this.get(id);
    if (batch === null) throw new GramcastError("NOT_FOUND", `Cannot find batch ${quoted(id)}`, { field: "id" });
    return batch;
  }
}
