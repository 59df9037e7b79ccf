import type { Picture } from "../../engine/picture.ts";
import type { Random } from "../../engine/descent/random.ts";
import { between } from "./noise.ts";

/** How far a twin is moved at most, in pixels along each axis. */
const REACH = 3;
/** How much brighter or darker a twin's channel is at most. */
const BRIGHTNESS = 30;

/**
 * The same picture in other colours and a little elsewhere: what it has in common with the first is its forms. Each channel is a
 * random mix of the first's, with 0.6 to 1.4 times its contrast; borders repeat.
 */
export function twin({ width, height, rgb }: Picture, random: Random): Picture {
  const mix = Array.from({ length: 3 }, () => channelMix(random));
  const level = Array.from({ length: 3 }, () => between(random, -BRIGHTNESS, BRIGHTNESS));
  const [right, down] = [Math.round(between(random, -REACH, REACH)), Math.round(between(random, -REACH, REACH))];
  const result = new Uint8ClampedArray(rgb.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = 3 * (clamp(y + down, height) * width + clamp(x + right, width));
      for (let channel = 0; channel < 3; channel++) {
        let value = 128 + level[channel]!;
        for (let c = 0; c < 3; c++) value += mix[channel]![c]! * (rgb[from + c]! - 128);
        result[3 * (y * width + x) + channel] = value;
      }
    }
  }
  return { width, height, rgb: new Uint8Array(result.buffer) };
}

/** What a channel takes of red, green and blue: shares of either sign that add up to a contrast, never a negative. */
function channelMix(random: Random): number[] {
  const contrast = between(random, 0.6, 1.4);
  const leaning = Array.from({ length: 3 }, () => between(random, -0.8, 0.8));
  const mean = leaning.reduce((sum, value) => sum + value, 0) / 3;
  return leaning.map((value) => contrast * (1 / 3 + value - mean));
}

function clamp(at: number, length: number): number {
  return Math.min(length - 1, Math.max(0, at));
}
