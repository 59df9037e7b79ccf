import type { TransferOptions } from "../../engine/options/options.ts";
import type { StartRequest } from "../api.ts";
import type { Caller } from "../caller.ts";
import { type BatchPlace, NOT_STARTED, type TransferRecord } from "../types.ts";

/**
 * The record of a transfer that a caller asks for.
 *
 * @param options Those of the request, completed.
 * @param createdAt Milliseconds since the epoch.
 * @param batch Its place, where it is of a batch.
 */
export function newRecord(
  { owner, role }: Caller,
  request: StartRequest,
  options: TransferOptions,
  fingerprint: string,
  createdAt: number,
  batch?: BatchPlace,
): TransferRecord {
  return {
    id: crypto.randomUUID(),
    owner,
    status: "QUEUED",
    options,
    contentId: request.contentId,
    styles: request.styles.map(({ imageId, weight, scale = 1, maskId, regionId = null }) => ({
      imageId,
      weight,
      ...(scale === 1 ? {} : { scale }),
      maskId,
      regionId,
    })),
    contentMaskId: request.contentMaskId,
    initImageId: request.initImageId,
    priority: request.priority,
    idempotencyKey: request.idempotencyKey,
    fingerprint,
    createdAt,
    admitted: { at: createdAt, role },
    ...(request.enlargedFromId === undefined ? {} : { enlargedFromId: request.enlargedFromId }),
    ...(batch === undefined ? {} : { batch }),
    ...NOT_STARTED,
  };
}
