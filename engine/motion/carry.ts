import type { Mask } from "../objective/objective.ts";
import { fillTransparent } from "../objective/transparency.ts";
import { type Picture, type Pixels, toPicture, toPixels } from "../picture.ts";
import type { FrameBefore } from "./frame_before.ts";
import { followed } from "./flow.ts";
import { opticalFlow } from "./optical_flow.ts";
import { visibility } from "./visibility.ts";

/** What a frame of a moving picture has from the frame before. */
export interface Carried {
  /** What was painted there, moved as the content has moved; what is new here is the content in the colours around it. */
  readonly picture: Picture;
  /** 1 where it was painted, 0 where it is new. */
  readonly visible: Mask;
}

/** Carries what was painted of the frame before over to a frame. All pictures have one size, and nothing is transparent. */
export function carry(content: Picture, before: FrameBefore<Picture>): Carried {
  const back = opticalFlow(content, before.content);
  const visible = visibility(back, opticalFlow(before.content, content));
  const pixels = followed(toPixels(before.result), 3, back);
  const change = spreadChange(content, pixels, visible);
  for (let i = 0; i < pixels.length; i++) {
    if (visible.values[Math.floor(i / 3)] === 0) pixels[i] = content.rgb[i]! + change[i]!;
  }
  return { picture: toPicture(pixels, content), visible };
}

/**
 * What painting has changed, where it is not known taken from around: as itself, what is new would stand out as unpainted
 * for many frames, as these have not the steps to find its colours.
 */
function spreadChange(content: Picture, painted: Pixels, visible: Mask): Float32Array {
  // Changes are -255 to 255, colours 0 to 255.
  const rgb = Uint8Array.from(painted, (value, i) => (value - content.rgb[i]! + 255) / 2);
  const alpha = Uint8Array.from(visible.values, (value) => 255 * value);
  const { width, height } = content;
  return Float32Array.from(fillTransparent({ width, height, rgb, alpha }).rgb, (value) => 2 * value - 255);
}
