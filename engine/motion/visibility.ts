import type { Mask } from "../objective/objective.ts";
import { type Flow, followed, leadsInside } from "./flow.ts";

/** What there and back may be apart: a share of both ways, and so many pixels² besides. */
const SHARE_OF_WAYS = 0.01;
const LEAST_GAP = 0.5;
/** What a flow may change from pixel to pixel: a share of itself, and so much besides. */
const SHARE_OF_FLOW = 0.01;
const LEAST_RISE = 0.002;

/**
 * Which places of a frame can be seen in the one before: 1 where they can, 0 where the way back and the way there do not
 * meet, where the way leads out of the picture, and where motions meet, as flow is not to be trusted there.
 *
 * Sundaram, Brox and Keutzer (2010), with the figures of Ruder, Dosovitskiy and Brox (2016), "Artistic style transfer for
 * videos", equations 5 and 6.
 *
 * @param back From the frame to the one before.
 * @param there From the one before to the frame.
 */
export function visibility(back: Flow, there: Flow): Mask {
  const { width, height } = back;
  const thereX = followed(there.x, 1, back);
  const thereY = followed(there.y, 1, back);
  const values = new Float32Array(width * height);
  for (let j = 0; j < height; j++) {
    for (let i = 0; i < width; i++) {
      const at = j * width + i;
      const gap = (thereX[at]! + back.x[at]!) ** 2 + (thereY[at]! + back.y[at]!) ** 2;
      const way = back.x[at]! ** 2 + back.y[at]! ** 2;
      const ways = way + thereX[at]! ** 2 + thereY[at]! ** 2;
      const hidden = !leadsInside(back, i, j) || gap > SHARE_OF_WAYS * ways + LEAST_GAP;
      const border = steepness(back, i, j) > SHARE_OF_FLOW * way + LEAST_RISE;
      values[at] = hidden || border ? 0 : 1;
    }
  }
  return { width, height, values };
}

/** Sum of the squared slopes of both components; differences between the neighbours on both sides. */
function steepness({ width, height, x, y }: Flow, i: number, j: number): number {
  const at = j * width + i;
  const [left, right] = [i > 0 ? 1 : 0, i < width - 1 ? 1 : 0];
  const [above, below] = [j > 0 ? width : 0, j < height - 1 ? width : 0];
  let sum = 0;
  for (const values of [x, y]) {
    const across = (values[at + right]! - values[at - left]!) / (left + right || 1);
    const down = (values[at + below]! - values[at - above]!) / ((above + below) / width || 1);
    sum += across * across + down * down;
  }
  return sum;
}
