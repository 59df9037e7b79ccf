import type { Point } from "../drawing/brush.ts";
import type { Canvas } from "../drawing/canvas.ts";
import { type Colour, hex } from "../drawing/colour.ts";
import { clamp, smoothstep } from "../drawing/maths.ts";
import { Noise } from "../drawing/noise.ts";
import { boxAround, type Paint, paintShape, segment, type Shape } from "../drawing/shapes.ts";

export const BLACK = hex("17161d");
/** Unevenness of canvas and paint. */
export const cloth = new Noise(1923);

/** Thin paint: uneven, denser at its rim, with the weave showing. */
export function lay(
  canvas: Canvas,
  points: readonly Point[],
  shape: Shape,
  colour: Colour,
  opacity: number,
  paint: Paint = "MULTIPLY",
) {
  const phase = colour[0] * 37 + points[0]![0];
  paintShape(canvas, boxAround(points, 2), shape, (x, y) => {
    const tone = 1 + 0.13 * cloth.fbm(x / 21 + phase, y / 21, 4) + 0.05 * cloth.at(x / 2.5, y / 2.5);
    return [colour[0] * tone, colour[1] * tone, colour[2] * tone];
  }, (x, y, distance) => {
    const rim = 0.16 * smoothstep(-2.6, -0.4, distance);
    return clamp(opacity * (0.9 + 0.3 * cloth.fbm(x / 33 + phase, y / 33, 3)) + rim, 0, 1);
  }, paint);
}

/** Corners of the square around a disc. */
export function around(x: number, y: number, radius: number): Point[] {
  return [[x - radius, y - radius], [x + radius, y + radius]];
}

/** A line that may taper. */
export function stroke(
  canvas: Canvas,
  from: Point,
  to: Point,
  width: number,
  colour: Colour = BLACK,
  endWidth = width,
): void {
  lay(canvas, [from, to].flatMap(([x, y]) => around(x, y, width)), segment(from, to, width, endWidth), colour, 0.95);
}
