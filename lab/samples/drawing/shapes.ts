import type { Point } from "./brush.ts";
import type { Canvas } from "./canvas.ts";
import type { Colour } from "./colour.ts";
import { clamp } from "./maths.ts";

/** Signed distance to an outline in points: negative inside. */
export type Shape = (x: number, y: number) => number;

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export function disc(cx: number, cy: number, radius: number): Shape {
  return (x, y) => Math.hypot(x - cx, y - cy) - radius;
}

export function ring(cx: number, cy: number, radius: number, width: number): Shape {
  return (x, y) => Math.abs(Math.hypot(x - cx, y - cy) - radius) - width / 2;
}

/** A line with round ends that may taper. */
export function segment([x0, y0]: Point, [x1, y1]: Point, width: number, endWidth = width): Shape {
  const dx = x1 - x0;
  const dy = y1 - y0;
  const square = dx * dx + dy * dy || 1;
  return (x, y) => {
    const t = clamp(((x - x0) * dx + (y - y0) * dy) / square, 0, 1);
    return Math.hypot(x - x0 - t * dx, y - y0 - t * dy) - (width + (endWidth - width) * t) / 2;
  };
}

/** Any simple polygon. */
export function polygon(points: readonly Point[]): Shape {
  return (x, y) => {
    let nearest = Infinity;
    let inside = false;
    for (let i = 0, j = points.length - 1; i < points.length; j = i++) {
      const [x0, y0] = points[j]!;
      const [x1, y1] = points[i]!;
      nearest = Math.min(nearest, segmentDistance(x, y, x0, y0, x1, y1));
      if ((y0 > y) !== (y1 > y) && x < x0 + ((y - y0) / (y1 - y0)) * (x1 - x0)) inside = !inside;
    }
    return inside ? -nearest : nearest;
  };
}

function segmentDistance(x: number, y: number, x0: number, y0: number, x1: number, y1: number): number {
  const dx = x1 - x0;
  const dy = y1 - y0;
  const t = clamp(((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy || 1), 0, 1);
  return Math.hypot(x - x0 - t * dx, y - y0 - t * dy);
}

/** The rectangle around points, wider by `margin` on each side. */
export function boxAround(points: readonly Point[], margin = 0): Box {
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  return {
    left: Math.min(...xs) - margin,
    top: Math.min(...ys) - margin,
    right: Math.max(...xs) + margin,
    bottom: Math.max(...ys) + margin,
  };
}

/** How a shape is laid on the canvas: `BLEND` covers, `MULTIPLY` shows what is below through it. */
export type Paint = "BLEND" | "MULTIPLY";

/**
 * Paints the inside of a shape.
 *
 * @param colour One colour, or a function of the place in points and the distance to the outline there (negative).
 */
export function paintShape(
  canvas: Canvas,
  { left, top, right, bottom }: Box,
  shape: Shape,
  colour: Colour | ((x: number, y: number, distance: number) => Colour),
  opacity: number | ((x: number, y: number, distance: number) => number) = 1,
  paint: Paint = "BLEND",
): void {
  const soft = 0.5 / canvas.scale;
  canvas.visit(left, top, right, bottom, (x, y, pixel) => {
    const distance = shape(x, y);
    if (distance > soft) return;
    const cover = clamp(0.5 - distance / (2 * soft), 0, 1);
    const tone = typeof colour === "function" ? colour(x, y, distance) : colour;
    const strength = cover * (typeof opacity === "function" ? opacity(x, y, distance) : opacity);
    if (paint === "MULTIPLY") canvas.multiply(pixel, tone, strength);
    else canvas.blend(pixel, tone, strength);
  });
}
