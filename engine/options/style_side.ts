import type { TransferOptions } from "./options.ts";

/** A style that may be looked at larger or smaller than the other ones. */
export interface ScaledStyle {
  /** Times `styleScale`. Left out: 1. */
  readonly scale?: number;
}

/** Longest side, in pixels, in which a style picture is looked at where the longest side of the result is `size`. */
export function styleSide(
  size: number,
  { styleScale }: Pick<TransferOptions, "styleScale">,
  { scale = 1 }: ScaledStyle = {},
): number {
  return Math.max(1, Math.round(size * styleScale * scale));
}

/**
 * Options by which a transfer's cost can be told: it depends on the styles through the one that is looked at largest, and
 * this has them all as large. The very options where no style has a scale.
 */
export function atLargestStyle(options: TransferOptions, styles: readonly ScaledStyle[]): TransferOptions {
  const largest = Math.max(...styles.map(({ scale = 1 }) => scale));
  return largest === 1 ? options : { ...options, styleScale: options.styleScale * largest };
}
