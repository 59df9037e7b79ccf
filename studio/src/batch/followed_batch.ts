import { batch as together, computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { messageOf, request } from "../api/client.ts";
import { follow } from "../api/live.ts";
import {
  type Cell as CellData,
  Sheet,
  type SheetData,
  SheetProgress,
  type SheetProgressData,
  type TransferStatus,
} from "../api/operations.ts";
import { hasEnded } from "../state/followed.ts";
import { type Layout, layOut, type Place } from "./layout.ts";

type Batch = NonNullable<SheetData["batch"]>;
type BatchEvent = SheetProgressData["batchProgress"];

/** What stays of a batch while it is painted. */
export type Axes = Pick<Batch, "createdAt" | "contents" | "styles" | "variations">;
export type Cell = CellData;

/** How all of a batch stands. */
export interface Tally {
  readonly status: TransferStatus;
  /** Paintings that have ended, and all that are still there. */
  readonly done: number;
  readonly count: number;
}

const RETRY_MS = 2000;

/** One batch, as it is and as it goes on. */
export class FollowedBatch {
  readonly id: string;
  /** Undefined until the server has answered, null when there is no such batch. */
  readonly axes = signal<Axes | null | undefined>(undefined);
  readonly tally = signal<Tally | null>(null);
  /** What its rows and columns are; null before the server has answered. */
  readonly layout = computed((): Layout | null => {
    const axes = this.axes.value;
    if (!axes) return null;
    const { contents, styles, variations } = axes;
    return layOut({ contents: contents.length, styles: styles.length, variations });
  });
  /** Why nothing can be shown; null otherwise. */
  readonly problem = signal<string | null>(null);
  /** Of each painting by its id, so that what happens to one moves nothing else. */
  readonly #cells = signal<ReadonlyMap<string, Signal<Cell>>>(new Map());
  /** All that there are. */
  readonly cells: ReadonlySignal<readonly Signal<Cell>[]> = computed(() => [...this.#cells.value.values()]);
  readonly #byPlace = computed(() =>
    new Map(this.cells.value.map((cell) => {
      const { contentIndex, styleIndex, variationIndex } = cell.peek().place!;
      return [keyOf({ content: contentIndex, style: styleIndex, variation: variationIndex }), cell];
    }))
  );
  #unfollow: (() => void) | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(id: string) {
    this.id = id;
    void this.load();
  }

  /** The painting at a place; none where it has been deleted. */
  at(place: Place): Signal<Cell> | undefined {
    return this.#byPlace.value.get(keyOf(place));
  }

  /** Asks for everything anew, and follows from there when not all has ended. */
  async load(): Promise<void> {
    clearTimeout(this.#retry);
    try {
      if (!await this.#read() || this.#closed || hasEnded(this.tally.value!.status)) return;
      this.#unfollow?.();
      this.#unfollow = follow(SheetProgress, { id: this.id }, {
        next: (event) => this.#take(event),
        error: (error) => this.#fail(error),
      });
    } catch (error) {
      this.#fail(error);
      if (!this.#closed) this.#retry = setTimeout(() => this.load(), RETRY_MS);
    }
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#unfollow?.();
  }

  /** Reads all pages; tells whether there is such a batch. */
  async #read(): Promise<boolean> {
    const cells = new Map<string, Signal<Cell>>();
    let first: Batch | null = null;
    let after: string | null = null;
    do {
      const { batch }: SheetData = await request(Sheet, { id: this.id, after });
      if (!batch) break;
      first ??= batch;
      for (const edge of batch.transfers.edges) {
        if (edge) cells.set(edge.node.id, signal<Cell>(edge.node));
      }
      after = batch.transfers.pageInfo.hasNextPage ? batch.transfers.pageInfo.endCursor : null;
    } while (after !== null && !this.#closed);
    together(() => {
      this.problem.value = null;
      this.#cells.value = cells;
      this.axes.value = first;
      this.tally.value = first;
    });
    return first !== null;
  }

  #take({ status, done, count, transfer, progress }: BatchEvent): void {
    this.tally.value = { status, done, count };
    const cell = this.#cells.value.get(transfer.id);
    if (!cell) return;
    const { frame, losses } = progress;
    const before = cell.peek();
    cell.value = {
      ...before,
      status: progress.status,
      step: progress.step,
      steps: progress.steps,
      progress: progress.progress,
      error: progress.error,
      losses: losses ?? before.losses,
      result: transfer.result,
      frame: frame ?? before.frame,
    };
  }

  #fail(error: unknown): void {
    if (!this.#closed) this.problem.value = messageOf(error);
  }
}

function keyOf({ content, style, variation }: Place): string {
  return `${content} ${style} ${variation}`;
}
