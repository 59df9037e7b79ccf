import { LIMITS } from "../../limits.ts";
import { checkNumber, invalid } from "../../values.ts";
import type { BatchItem, BatchProgressRequest, ProgressItem } from "../api.ts";
import type { LoopTurns } from "../loop_turns.ts";
import type { Watch } from "../storage/ports.ts";
import {
  type BatchRecord,
  type BatchState,
  batchStateOf,
  cellsOf,
  hasEnded,
  placeOf,
  tallyOf,
  type TransferRecord,
  type TransferStatus,
} from "../types.ts";
import { cursorOf, positionsOf } from "./batch_cursor.ts";
import { AT_ONCE } from "./coalesce.ts";
import { LogCursor } from "./log_cursor.ts";
import { pacedReads } from "./paced_reads.ts";
import type { ProgressSources } from "./progress_stream.ts";
import { PulledStream } from "./pulled_stream.ts";

/** Events that a subscriber may have in memory of all transfers together, and one of each at least. */
const READ_AHEAD = 2 * AT_ONCE;

export interface BatchSources extends ProgressSources {
  readonly turns: LoopTurns;
}

/** A transfer of a batch, as one subscriber has seen it so far. */
interface Cell {
  /** In the batch. */
  readonly place: number;
  readonly id: string;
  readonly log: LogCursor;
  readonly watch: Watch;
  /** What is needed of its record, which is too large to be held by each who watches it. */
  now: Pick<TransferRecord, "sequence" | "status">;
  /** After the last event delivered. */
  status: TransferStatus;
  /** Whether `now` may be older than what the watch has heard. */
  stale: boolean;
}

/**
 * What happens to the transfers of a batch, as one subscriber sees it: the logs of all of them, each as `ProgressStream`
 * tells it, in one stream. Of the events at hand the one that happened first comes first.
 *
 * What has been delivered is a place in each of the logs, and all of them together are the cursor that comes with every item:
 * whoever has it goes on anywhere, without a hole or a repeat, since each log is on its own. Without `after` the stream
 * begins with a snapshot of each transfer, and a cursor from among those says which are still to come.
 *
 * With `minInterval` there is so much time between two items, of whichever transfer, but for snapshots and for what is left
 * of a transfer that has ended.
 *
 * It completes after the event that ends the last of its transfers. One that is removed is left out from then on.
 */
export class BatchStream extends PulledStream<BatchItem> {
  readonly #sources: ProgressSources;
  readonly #batch: BatchRecord;
  readonly #minInterval: number;
  /** Of all that it was started with, as the cursor tells them. */
  readonly #positions: (number | null)[];
  /** Those that are there, by place. */
  readonly #cells: Map<number, Cell>;
  /** Resolved when some record is stale. */
  #heard = Promise.withResolvers<void>();

  /**
   * @param batch Which the caller may see.
   * @param transfers Those of its transfers that there are.
   * @throws {GramcastError} BAD_USER_INPUT for an `after` that is no cursor of it or that a log has not reached, or a number
   *   out of range.
   */
  static async open(
    shared: BatchSources,
    batch: BatchRecord,
    transfers: readonly TransferRecord[],
    request: BatchProgressRequest,
  ): Promise<BatchStream> {
    const store = pacedReads(shared.store, (cost) => shared.turns.take(batch.owner, cost));
    const sources = { ...shared, store };
    const minInterval = checkNumber("minInterval", LIMITS.minInterval, request.minInterval ?? 0);
    const { after = null } = request;
    const positions = after === null
      ? Array.from({ length: cellsOf(batch) }, () => null)
      : [...positionsOf(after, cellsOf(batch))];
    const begun = transfers.map((record) => ({ record, place: placeOf(batch, record) }));
    for (const { record, place } of begun) {
      if ((positions[place] ?? 0) <= record.sequence) continue;
      throw invalid(
        "after",
        "Cannot use after: found a cursor that is ahead of the batch, wanted one that an event had",
      );
    }
    const statuses: TransferStatus[] = [];
    for (const { record, place } of begun) statuses.push(await statusAt(sources, record, positions[place]!));
    // The watches begin before the logs are read, so that no event falls in between.
    using cleanup = new DisposableStack();
    const watches: Watch[] = [];
    for (const { id } of transfers) watches.push(cleanup.use(await sources.bus.watch(id)));
    const atOnce = Math.min(AT_ONCE, Math.ceil(READ_AHEAD / Math.max(1, transfers.length)));
    const cells = begun.map(({ record, place }, i): Cell => ({
      place,
      id: record.id,
      log: new LogCursor(sources, record.id, positions[place]!, atOnce),
      watch: watches[i]!,
      now: nowOf(record),
      status: statuses[i]!,
      stale: true,
    }));
    cleanup.move();
    return new BatchStream(sources, batch, minInterval, positions, cells);
  }

  private constructor(
    sources: ProgressSources,
    batch: BatchRecord,
    minInterval: number,
    positions: (number | null)[],
    cells: readonly Cell[],
  ) {
    super(sources);
    this.#sources = sources;
    this.#batch = batch;
    this.#minInterval = minInterval;
    this.#positions = positions;
    this.#cells = new Map(cells.map((cell) => [cell.place, cell]));
    for (const cell of cells) void this.#listen(cell);
  }

  protected override async produce(): Promise<BatchItem | null> {
    while (!this.closed) {
      const looked = await this.#look();
      const cells = [...this.#cells.values()];
      const unseen = cells.find(({ log }) => log.snapshotDue);
      const behind = unseen === undefined ? cells.filter(isBehind) : [unseen];
      if (behind.length === 0) {
        if (cells.every(({ now }) => hasEnded(now.status))) return null;
        await this.#news();
        continue;
      }
      const urgent = unseen || this.#minInterval === 0 ? behind : behind.filter(({ now }) => hasEnded(now.status));
      if (urgent.length === 0 && await this.#waitOutInterval()) continue;
      const cell = await earliest(urgent.length === 0 ? behind : urgent);
      const record = looked.get(cell) ?? await this.#sources.store.get(cell.id);
      const item = record && await this.#produceOf(cell, record);
      if (item !== null) return this.#deliver(cell, item);
      // It is gone.
      cell.stale = true;
    }
    return null;
  }

  protected override isLast(): boolean {
    return this.#cells.values().every((cell) => !cell.stale && hasEnded(cell.now.status) && !isBehind(cell));
  }

  protected override progressOf({ progress }: BatchItem): ProgressItem {
    return progress;
  }

  protected override letGo(): void {
    for (const cell of this.#cells.values()) drop(cell);
    this.#heard.resolve();
  }

  #produceOf({ log }: Cell, record: TransferRecord): Promise<ProgressItem | null> {
    if (log.snapshotDue) return log.snapshot(record);
    return this.#minInterval === 0 ? log.next(record) : log.newest(record, () => this.closed);
  }

  #deliver(cell: Cell, progress: ProgressItem): BatchItem {
    cell.status = progress.event.status;
    this.#positions[cell.place] = progress.event.sequence;
    return {
      batch: this.#batch,
      cursor: cursorOf(this.#positions),
      sequence: this.#positions.reduce<number>((sum, position) => sum + (position ?? 0), 0),
      progress,
      ...this.#state(),
    };
  }

  /** As it is after what has been delivered. */
  #state(): BatchState {
    const statuses = this.#cells.values().map(({ log, now, status }) => log.snapshotDue ? now.status : status);
    return batchStateOf(tallyOf(statuses.map((status) => ({ status, count: 1 }))));
  }

  /** Looks at the records that may have changed, and answers them. */
  async #look(): Promise<ReadonlyMap<Cell, TransferRecord>> {
    const looked = new Map<Cell, TransferRecord>();
    for (const cell of this.#cells.values()) {
      // Others have had their turn since the last.
      if (this.closed) break;
      if (!cell.stale) continue;
      cell.stale = false;
      try {
        const record = await this.#sources.store.get(cell.id);
        if (record !== null) {
          cell.now = nowOf(record);
          looked.set(cell, record);
          continue;
        }
      } catch (error) {
        cell.stale = true;
        throw error;
      }
      this.#cells.delete(cell.place);
      drop(cell);
    }
    return looked;
  }

  async #listen(cell: Cell): Promise<void> {
    for (let seen = 0; !this.closed && this.#cells.get(cell.place) === cell;) {
      await cell.watch.changed(seen);
      seen = cell.watch.position.sequence;
      cell.stale = true;
      this.#heard.resolve();
    }
  }

  /** Resolves when something has been heard since it last did. */
  async #news(): Promise<void> {
    await this.#heard.promise;
    if (!this.closed) this.#heard = Promise.withResolvers();
  }

  /** Waits while the last delivery is too recent, and none of its transfers ends. Answers whether it waited. */
  async #waitOutInterval(): Promise<boolean> {
    const rest = this.restOf(this.#minInterval);
    if (rest <= 0) return false;
    await this.waitOut(
      rest,
      () => this.#news(),
      () => this.#cells.values().some(({ stale, watch, log }) => stale && watch.position.statusSequence > log.sequence),
    );
    return true;
  }
}

function nowOf({ sequence, status }: TransferRecord): Cell["now"] {
  return { sequence, status };
}

function isBehind({ now, log }: Cell): boolean {
  return now.sequence > log.sequence;
}

function drop({ log, watch }: Cell): void {
  log.release();
  watch[Symbol.dispose]();
}

/** The one whose next event happened first. */
async function earliest(cells: readonly Cell[]): Promise<Cell> {
  let first = cells[0]!;
  if (cells.length === 1) return first;
  let firstAt = Infinity;
  for (const cell of cells) {
    const at = (cell.log.ahead ?? await cell.log.peek())?.at ?? Infinity;
    if (at < firstAt) [first, firstAt] = [cell, at];
  }
  return first;
}

/** The status of a transfer after an event of its log; before the first, that which it begins with. */
async function statusAt(
  { store }: Pick<ProgressSources, "store">,
  { id, sequence, status }: TransferRecord,
  position: number | null,
): Promise<TransferStatus> {
  if (position === null || position === sequence) return status;
  if (position === 0) return "QUEUED";
  return (await store.events(id, position - 1, 1))[0]?.status ?? status;
}
