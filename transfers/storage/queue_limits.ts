import { GramcastError } from "../../errors.ts";
import { quotaExceeded } from "../quotas.ts";
import type { QueueLimits } from "./ports.ts";

/**
 * The error that a queue answers when there is no place left, or null when there is one.
 *
 * @param total Transfers that wait.
 * @param ofOwner Those among them of the owner who asks.
 * @param asked How many places are wanted.
 */
export function queueFull(limits: QueueLimits, total: number, ofOwner: number, asked = 1): GramcastError | null {
  if (limits.perOwner !== null && ofOwner + asked > limits.perOwner) {
    const share = { name: "waiting", limit: limits.perOwner, used: ofOwner, resetsAt: null } as const;
    return quotaExceeded(asked === 1 ? "queue the transfer" : `queue ${asked} transfers`, share, asked);
  }
  if (total + asked > limits.total) {
    return new GramcastError(
      "QUEUE_FULL",
      asked === 1
        ? `Cannot queue the transfer: ${total} of all callers are waiting, wanted fewer than ${limits.total}`
        : `Cannot queue ${asked} transfers: ${total} of all callers are waiting, wanted at most ${limits.total} with them`,
    );
  }
  return null;
}
