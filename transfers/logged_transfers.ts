import type { Log } from "./log.ts";
import type { TransferObserver } from "./observer.ts";

/** Writes what becomes of transfers to the log, for machines to follow. */
export function loggedTransfers(log: Log): Partial<TransferObserver> {
  return {
    queued(transferId) {
      log.info("A transfer asks for a place in the queue", { event: "transfer.queued", transferId });
      return null;
    },
    refused: (transferId) => log.info("The transfer got no place", { event: "transfer.refused", transferId }),
    began: ({ id: transferId }, waitSeconds) =>
      log.info("The transfer begins", { event: "transfer.began", transferId, waitSeconds }),
    left: ({ id: transferId, step }, end) =>
      log.info("The engine has let go of the transfer", { event: "transfer.left", transferId, step, end }),
    ended: ({ id: transferId, step, status, failure }) =>
      log.info("The transfer has ended", {
        event: "transfer.ended",
        transferId,
        step,
        status,
        code: failure?.code ?? null,
      }),
    suspended: ({ id: transferId, step }) =>
      log.info("The transfer goes on at the next start, or with another worker", {
        event: "transfer.suspended",
        transferId,
        step,
      }),
  };
}
