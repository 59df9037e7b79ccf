import type { Size } from "../picture.ts";

/** How the places of a picture move: the one at (i, j) to (i + x, j + y) of another of its size, in pixels. */
export interface Flow extends Size {
  readonly x: Float32Array;
  readonly y: Float32Array;
}

/** A flow in which nothing moves. */
export function stillness({ width, height }: Size): Flow {
  return { width, height, x: new Float32Array(width * height), y: new Float32Array(width * height) };
}

/** Whether a flow leads from the place at column `i` and row `j` to one that is in the picture. */
export function leadsInside({ width, height, x, y }: Flow, i: number, j: number): boolean {
  const [column, row] = [i + x[j * width + i]!, j + y[j * width + i]!];
  return column >= 0 && row >= 0 && column <= width - 1 && row <= height - 1;
}

/**
 * What a flow leads to: at each place the values of the place that it moves to, between pixels bilinearly; where it leads
 * out of the picture those of the border.
 *
 * @param values `channels` for each pixel, of a picture of the flow's size.
 */
export function followed(values: Float32Array, channels: number, { width, height, x, y }: Flow): Float32Array {
  const result = new Float32Array(values.length);
  for (let j = 0; j < height; j++) {
    for (let i = 0; i < width; i++) {
      const at = j * width + i;
      const column = Math.min(width - 1, Math.max(0, i + x[at]!));
      const row = Math.min(height - 1, Math.max(0, j + y[at]!));
      const [left, top] = [Math.floor(column), Math.floor(row)];
      const [across, down] = [column - left, row - top];
      const corner = channels * (top * width + left);
      // The last column and row have no neighbour, and need none: its share is 0.
      const right = left < width - 1 ? channels : 0;
      const below = top < height - 1 ? channels * width : 0;
      for (let c = corner; c < corner + channels; c++) {
        const upper = values[c]! + across * (values[c + right]! - values[c]!);
        const lower = values[c + below]! + across * (values[c + below + right]! - values[c + below]!);
        result[channels * at + c - corner] = upper + down * (lower - upper);
      }
    }
  }
  return result;
}
