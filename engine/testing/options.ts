import type { TransferOptions } from "../options/options.ts";
import { fitLongestSide, type Size } from "../picture.ts";
import { resolveOptions } from "../options/resolve.ts";

/** Options for tests; scales by longest side and steps, all else as CLASSIC unless given. */
export function transferOptions(
  content: Size,
  { scales, ...given }: Partial<Omit<TransferOptions, "scales">> & {
    readonly scales: readonly { readonly size: number; readonly steps: number }[];
  },
): TransferOptions {
  const sized = scales.map(({ size, steps }) => ({ size, steps, ...fitLongestSide(content, size) }));
  const { width, height } = sized.at(-1)!;
  const steps = sized.reduce((sum, scale) => sum + scale.steps, 0);
  return { ...resolveOptions({ preset: "CLASSIC" }, content, 1), ...given, scales: sized, width, height, steps };
}
