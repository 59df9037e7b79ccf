import type { MaskRaster, Point, Rect } from "./raster.ts";

/** What paints, or takes paint away. */
export interface Brush {
  /** In pixels of the mask, above 0. */
  readonly radius: number;
  /** Share of the radius over which it fades, 0 to 1. */
  readonly softness: number;
  readonly erases: boolean;
}

/** How much a brush covers at a distance from its middle, 0 to 1. A hard edge, too, fades over a pixel, or it would be jagged. */
export function coverage(distance: number, { radius, softness }: Brush): number {
  const fade = Math.max(1, radius * softness);
  const inside = Math.min(Math.max((radius + 0.5 - distance) / fade, 0), 1);
  return inside * inside * (3 - 2 * inside);
}

/**
 * Draws a brush along a line, or puts it down once where both ends are the same. Nothing adds up: a stroke that crosses
 * itself, or is drawn in many short lines, is as dense as one, and an eraser takes away exactly what the brush would paint.
 *
 * @returns The part that may have changed; null where the line is wholly outside.
 */
export function drawLine(raster: MaskRaster, from: Point, to: Point, brush: Brush): Rect | null {
  const { width, height, values } = raster;
  const reach = brush.radius + 0.5;
  const left = Math.max(0, Math.floor(Math.min(from.x, to.x) - reach));
  const top = Math.max(0, Math.floor(Math.min(from.y, to.y) - reach));
  const right = Math.min(width, Math.ceil(Math.max(from.x, to.x) + reach));
  const bottom = Math.min(height, Math.ceil(Math.max(from.y, to.y) + reach));
  if (left >= right || top >= bottom) return null;
  const alongX = to.x - from.x;
  const alongY = to.y - from.y;
  const length2 = alongX ** 2 + alongY ** 2;
  for (let row = top; row < bottom; row++) {
    const y = row + 0.5 - from.y;
    for (let column = left; column < right; column++) {
      const x = column + 0.5 - from.x;
      const share = length2 === 0 ? 0 : Math.min(Math.max((x * alongX + y * alongY) / length2, 0), 1);
      const distance2 = (x - share * alongX) ** 2 + (y - share * alongY) ** 2;
      if (distance2 >= reach ** 2) continue;
      const covered = Math.round(255 * coverage(Math.sqrt(distance2), brush));
      const i = row * width + column;
      values[i] = brush.erases ? Math.min(values[i]!, 255 - covered) : Math.max(values[i]!, covered);
    }
  }
  return { left, top, right, bottom };
}
