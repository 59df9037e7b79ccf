import { signal } from "@preact/signals";
import { messageOf, request } from "../api/client.ts";
import { follow } from "../api/live.ts";
import {
  Follow,
  type FollowData,
  LayerLosses,
  Progress,
  type ProgressData,
  type TransferStatus,
} from "../api/operations.ts";
import { LossSeries } from "./loss_series.ts";

/** All that is shown of one. */
export type Transfer = NonNullable<FollowData["transfer"]>;
type ProgressEvent = ProgressData["transferProgress"];

/** What changes with every step. */
export interface Live {
  readonly status: TransferStatus;
  readonly step: number;
  readonly steps: number;
  /** Which frame of the content is painted, from 1, and of how many. */
  readonly contentFrame: number;
  readonly contentFrames: number;
  /** Share of the work that is done, 0 to 1. */
  readonly progress: number;
  readonly secondsPerStep: number | null;
  readonly etaSeconds: number | null;
  readonly error: { readonly code: string; readonly message: string } | null;
}

function liveOf(source: Live): Live {
  const { status, step, steps, contentFrame, contentFrames, progress, secondsPerStep, etaSeconds, error } = source;
  return { status, step, steps, contentFrame, contentFrames, progress, secondsPerStep, etaSeconds, error };
}

export function hasEnded(status: TransferStatus): boolean {
  return status === "SUCCEEDED" || status === "FAILED" || status === "CANCELLED";
}

/** A status in a word, as on a card. */
export const STATUS_WORDS: Readonly<Record<TransferStatus, string>> = {
  QUEUED: "Waiting",
  RUNNING: "Painting",
  SUCCEEDED: "Finished",
  CANCELLED: "Stopped",
  FAILED: "Failed",
};

const RETRY_MS = 2000;

/** One transfer, as it is and as it goes on. */
export class Followed {
  readonly id: string;
  /** Undefined until the server has answered, null when there is no such transfer. */
  readonly transfer = signal<Transfer | null | undefined>(undefined);
  readonly live = signal<Live | null>(null);
  readonly frame = signal<{ readonly step: number; readonly url: string } | null>(null);
  readonly losses = new LossSeries();
  /** With every layer's part; filled once somebody asks for it. */
  readonly layerLosses = new LossSeries();
  /** Why nothing can be shown; null otherwise. */
  readonly problem = signal<string | null>(null);
  #unfollow: (() => void) | undefined;
  #unfollowLayers: (() => void) | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #reloading = false;
  #closed = false;

  constructor(id: string) {
    this.id = id;
    void this.load();
  }

  /** Asks for everything anew, and follows from there when the transfer has not ended. */
  async load(): Promise<void> {
    await this.#reload();
    const status = this.live.value?.status;
    if (this.#closed || !status || hasEnded(status)) return;
    this.#unfollow?.();
    this.#unfollow = follow(Progress, { id: this.id }, {
      next: (event) => this.#take(event),
      error: (error) => this.#fail(error),
    });
    if (this.#unfollowLayers) this.#followLayers();
  }

  /** Asks for the parts of the losses, from the first step on. */
  showLayers(): void {
    if (!this.#unfollowLayers) this.#followLayers();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#unfollow?.();
    this.#unfollowLayers?.();
  }

  #followLayers(): void {
    this.#unfollowLayers?.();
    this.#unfollowLayers = follow(LayerLosses, { id: this.id, after: 0 }, {
      next: ({ step, losses }) => {
        if (!losses) return;
        const { total, content, style, layers } = losses;
        const parts = layers.map(({ kind, layer, value }) => [`${kind} ${layer}`, value]);
        this.layerLosses.add(step, { total, content, style, ...Object.fromEntries(parts) });
      },
      error: (error) => this.#fail(error),
    });
  }

  async #reload(): Promise<void> {
    if (this.#reloading) return;
    this.#reloading = true;
    clearTimeout(this.#retry);
    try {
      const { transfer } = await request(Follow, { id: this.id });
      if (this.#closed) return;
      this.problem.value = null;
      this.transfer.value = transfer;
      if (!transfer) return;
      const { status, step, frame } = transfer;
      if (step >= (this.live.value?.step ?? 0)) this.live.value = liveOf(transfer);
      if (frame) this.#show(frame);
      this.losses.merge(transfer.lossHistory);
      // Its place in the queue changes without an event of its own.
      if (status === "QUEUED" && !this.#closed) this.#retry = setTimeout(() => this.#reload(), RETRY_MS);
    } catch (error) {
      this.#fail(error);
      if (!this.#closed) this.#retry = setTimeout(() => this.load(), RETRY_MS);
    } finally {
      this.#reloading = false;
    }
  }

  #take(event: ProgressEvent): void {
    const { status, step, losses, frame } = event;
    const began = this.live.value?.status === "QUEUED" && status !== "QUEUED";
    this.live.value = liveOf(event);
    if (frame) this.#show(frame);
    if (losses) {
      const missed = step > this.losses.lastStep + 1;
      const { total, content, style, tv } = losses;
      this.losses.add(step, { total, content, style, tv });
      if (missed) void this.#reload();
    }
    // The end brings the result, the beginning tells by what it is computed.
    if (hasEnded(status) || began) void this.#reload();
  }

  #show({ step, dataUrl }: { readonly step: number; readonly dataUrl: string }): void {
    if (step >= (this.frame.peek()?.step ?? 0)) this.frame.value = { step, url: dataUrl };
  }

  #fail(error: unknown): void {
    if (!this.#closed) this.problem.value = messageOf(error);
  }
}
