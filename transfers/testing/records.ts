import type { Losses } from "../../engine/objective/losses.ts";
import { resolveOptions } from "../../engine/options/resolve.ts";
import type { Claimant, NewEvent, QueueEntry } from "../storage/ports.ts";
import {
  type BatchRecord,
  type ImageRecord,
  NOT_STARTED,
  NOTICE_EVENTS,
  type TransferRecord,
  type TransferStatus,
  type WebhookRecord,
} from "../types.ts";

/** A queued transfer of 32×32 pixels and 20 steps, with what a test wants otherwise. */
export function transferRecord(changes: Partial<TransferRecord> = {}): TransferRecord {
  return {
    id: "t",
    owner: "local",
    status: "QUEUED",
    options: resolveOptions(
      { preset: "CLASSIC", size: 32, steps: 20, frameEvery: 5 },
      { width: 32, height: 32 },
      7,
    ),
    contentId: "content",
    styles: [{ imageId: "style", weight: 1, maskId: null }],
    contentMaskId: null,
    initImageId: null,
    priority: 0,
    idempotencyKey: null,
    fingerprint: "f",
    createdAt: 1,
    ...NOT_STARTED,
    ...changes,
  };
}

/** A batch of one content, one group of styles and two variations, with what a test wants otherwise. */
export function batchRecord(changes: Partial<BatchRecord> = {}): BatchRecord {
  return {
    id: "b",
    owner: "local",
    idempotencyKey: null,
    fingerprint: "f",
    createdAt: 1,
    contents: 1,
    styles: 1,
    variations: [null, null],
    ...changes,
  };
}

/** A picture of three bytes, with what a test wants otherwise. */
export function imageRecord(changes: Partial<ImageRecord> = {}): ImageRecord {
  return {
    id: "i",
    owner: "local",
    sha256: "1".repeat(64),
    width: 3,
    height: 1,
    mimeType: "image/png",
    byteLength: 3,
    createdAt: 1,
    uploadedAt: null,
    ...changes,
  };
}

/** A webhook that is told of everything, with what a test wants otherwise. */
export function webhookRecord(changes: Partial<WebhookRecord> = {}): WebhookRecord {
  return {
    id: "w",
    owner: "local",
    transferId: null,
    url: "https://receiver.example/hook",
    events: NOTICE_EVENTS,
    disabled: false,
    createdAt: 1,
    secret: "whsec_AAAA",
    formerSecret: null,
    ...changes,
  };
}

/** What any worker has. */
export const NO_NEEDS: QueueEntry["needs"] = { memoryBytes: 0, layers: [] };

/** A worker that can run anything. */
export const WORKER: Claimant = { name: "w", memoryBytes: null, layers: null };

export function lossesAt(step: number): Losses {
  return {
    total: 10 / step,
    content: 1 / 3,
    style: 0.1 * step,
    tv: 1e-300,
    layers: [{ layer: "conv1_1", kind: "content", value: 1 / 3 }],
  };
}

/** The event of a step, with a frame every fifth. */
export function stepEvent(step: number): NewEvent {
  return {
    at: 100 + step,
    status: "RUNNING",
    step,
    steps: 20,
    losses: lossesAt(step),
    frame: step % 5 === 0,
    secondsPerStep: 0.5,
    failure: null,
  };
}

/** An event that changes the status alone. */
export function statusOnly(status: TransferStatus): NewEvent {
  return { at: 1, status, step: 0, steps: 20, losses: null, frame: false, secondsPerStep: null, failure: null };
}
