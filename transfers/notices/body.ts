import type { DeliveryRecord, NoticeEvent } from "../types.ts";

/** Characters of an error's message. */
const LONGEST_MESSAGE = 1000;

/** The type of an event, as bodies have it. */
export function typeOf(event: NoticeEvent): string {
  return `transfer.${event.toLowerCase()}`;
}

/**
 * What a receiver is sent: what happened and where to look, well below the 20 kB of the specification. The same at every
 * attempt.
 *
 * @param publicUrl Where the server is reached from outside; null to send paths.
 */
export function bodyOf(
  { transferId, notice }: Pick<DeliveryRecord, "transferId" | "notice">,
  publicUrl: URL | null,
): string {
  const { event, at, status, step, steps, losses, resultId, failure, batchId } = notice;
  return JSON.stringify({
    type: typeOf(event),
    timestamp: new Date(at).toISOString(),
    data: {
      id: transferId,
      ...(batchId === undefined ? {} : { batchId }),
      status,
      step,
      steps,
      losses,
      ...(resultId === null ? {} : { resultUrl: `${publicUrl?.href.replace(/\/+$/, "") ?? ""}/images/${resultId}` }),
      ...(failure === null
        ? {}
        : { error: { code: failure.code, message: failure.message.slice(0, LONGEST_MESSAGE) } }),
    },
  });
}
