import { stepsInAll } from "../../engine/options/moving_schedule.ts";
import type { NewNotice } from "./ports.ts";
import type { Notice, TransferRecord } from "../types.ts";

/** What is told of a change. @param record After it. */
export function noticeOf(record: TransferRecord, { event, at }: NewNotice): Notice {
  const { status, step, options, losses, resultId, failure, batch } = record;
  return {
    event,
    at,
    status,
    step,
    steps: stepsInAll(options),
    losses: losses && withoutLayers(losses),
    resultId,
    failure,
    ...(batch === undefined ? {} : { batchId: batch.id }),
  };
}

function withoutLayers({ total, content, style, tv }: NonNullable<TransferRecord["losses"]>): Notice["losses"] {
  return { total, content, style, tv };
}
