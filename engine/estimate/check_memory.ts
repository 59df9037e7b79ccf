import { GramcastError } from "../../errors.ts";
import { type CostModel, estimateCost } from "./estimate.ts";
import type { TransferOptions } from "../options/options.ts";
import { fitLongestSide } from "../picture.ts";
import { MIN_SIZE } from "../options/table.ts";

/**
 * Checks that a transfer can be done within `memoryBytes`.
 *
 * @throws {GramcastError} TOO_LARGE with the numbers and the largest size that would fit.
 */
export function checkMemory(options: TransferOptions, memoryBytes: number, cost: CostModel = estimateCost): void {
  const needed = cost(options, memoryBytes).memoryBytes;
  if (needed <= memoryBytes) return;
  let low = MIN_SIZE - 1;
  let high = Math.max(options.width, options.height);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (cost(resized(options, middle), memoryBytes).memoryBytes <= memoryBytes) low = middle;
    else high = middle;
  }
  const advice = low < MIN_SIZE ? "no size would fit" : `the largest size that fits is ${low}`;
  throw new GramcastError(
    "TOO_LARGE",
    `Cannot start the transfer: ${options.width}×${options.height} takes about ${mebibytes(needed)} MiB, ` +
      `wanted at most ${mebibytes(memoryBytes)} MiB: ${advice}`,
    { field: "size" },
  );
}

/** Options for another longest side, the coarser scales in proportion. */
function resized(options: TransferOptions, longest: number): TransferOptions {
  const factor = longest / options.scales.at(-1)!.size;
  const scales = options.scales.map((scale) => {
    const size = Math.max(1, Math.round(scale.size * factor));
    return { ...scale, size, ...fitLongestSide(scale, size) };
  });
  const { width, height } = scales.at(-1)!;
  return { ...options, scales, width, height };
}

function mebibytes(bytes: number): number {
  return Math.ceil(bytes / 2 ** 20);
}
