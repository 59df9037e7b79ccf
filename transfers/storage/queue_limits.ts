import { GramcastError } from "../../errors.ts";
import { quotaExceeded } from "../quotas.ts";
import type { QueueLimits } from "./ports.ts";

/**
 * The error that a queue answers when there is no place left, or null when there is one.
 *
 * @param total Transfers that wait.
 * @param ofOwner Those among them of the owner who asks.
 */
export function queueFull(limits: QueueLimits, total: number, ofOwner: number): GramcastError | null {
  if (limits.perOwner !== null && ofOwner >= limits.perOwner) {
    const share = { name: "waiting", limit: limits.perOwner, used: ofOwner, resetsAt: null } as const;
    return quotaExceeded("queue the transfer", share, 1);
  }
  if (total >= limits.total) {
    return new GramcastError(
      "QUEUE_FULL",
      `Cannot queue the transfer: ${total} of all callers are waiting, wanted fewer than ${limits.total}`,
    );
  }
  return null;
}
