import type { Scale, TransferOptions } from "./options.ts";

/** Of the steps in the last scale, how many a frame takes that begins with the one before it. */
const SHARE_OF_STEPS = 0.5;

/**
 * The options for each frame of a moving picture but the first. It begins with what the frame before has become, so there are
 * no forms to be found: a share of the steps in the largest scale is enough.
 */
export function laterFrameOptions(options: TransferOptions): TransferOptions {
  const scale = laterFrameScale(options.scales.at(-1)!);
  return { ...options, scales: [scale], steps: scale.steps };
}

/** The one scale of such a frame, from the last of the first's. */
export function laterFrameScale(last: Scale): Scale {
  return { ...last, steps: Math.ceil(SHARE_OF_STEPS * last.steps) };
}
