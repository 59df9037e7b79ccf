import type { Mask } from "../objective/objective.ts";
import { type Picture, toPicture, toPixels } from "../picture.ts";
import type { FrameBefore } from "./frame_before.ts";
import { followed } from "./flow.ts";
import { opticalFlow } from "./optical_flow.ts";
import { visibility } from "./visibility.ts";

/** What a frame of a moving picture has from the frame before. */
export interface Carried {
  /** What was painted there, moved as the content has moved; what is new here is the content. */
  readonly picture: Picture;
  /** 1 where it was painted, 0 where it is new. */
  readonly visible: Mask;
}

/** Carries what was painted of the frame before over to a frame. All pictures have one size, and nothing is transparent. */
export function carry(content: Picture, before: FrameBefore<Picture>): Carried {
  const back = opticalFlow(content, before.content);
  const visible = visibility(back, opticalFlow(before.content, content));
  const pixels = followed(toPixels(before.result), 3, back);
  for (let i = 0; i < pixels.length; i++) if (visible.values[Math.floor(i / 3)] === 0) pixels[i] = content.rgb[i]!;
  return { picture: toPicture(pixels, content), visible };
}
