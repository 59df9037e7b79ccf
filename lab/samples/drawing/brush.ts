import type { Canvas } from "./canvas.ts";
import type { Colour } from "./colour.ts";
import { clamp, smoothstep } from "./maths.ts";
import { cellValue } from "./noise.ts";

export type Point = readonly [number, number];

interface Stroke {
  /** At least two points. */
  readonly path: readonly Point[];
  /** In points. */
  readonly width: number;
  readonly colour: Colour;
  /** 0 to 1; 0.95 when left out. */
  readonly opacity?: number;
  /** How thick the paint lies; 1 when left out. */
  readonly thickness?: number;
  /** Where bristles leave furrows. */
  readonly seed: number;
}

/** Paints one stroke of a bristle brush: furrows along the path, colour that varies from bristle to bristle, a dry end. */
export function paintStroke(canvas: Canvas, stroke: Stroke): void {
  const { path, width, colour, seed } = stroke;
  const opacity = stroke.opacity ?? 0.95;
  const thickness = stroke.thickness ?? 1;
  const radius = width / 2;
  const lengths = [0];
  for (let i = 1; i < path.length; i++) {
    lengths.push(lengths[i - 1]! + Math.hypot(path[i]![0] - path[i - 1]![0], path[i]![1] - path[i - 1]![1]));
  }
  const length = lengths.at(-1)!;
  if (length === 0) return;
  const xs = path.map(([x]) => x);
  const ys = path.map(([, y]) => y);
  const bristles = Math.max(3, Math.round(width * 0.9));
  const place = { along: 0, across: 0 };
  canvas.visit(
    Math.min(...xs) - radius,
    Math.min(...ys) - radius,
    Math.max(...xs) + radius,
    Math.max(...ys) + radius,
    (x, y, pixel) => {
      if (!locate(path, lengths, x, y, radius, place)) return;
      const across = place.across / radius;
      const along = place.along / length;
      const furrow = bristleNoise((across + 1) * 0.5 * bristles, seed);
      // Bristles run dry one by one; they also start a little apart.
      const end = smoothstep(1.02, 0.8 + 0.18 * furrow, along) * smoothstep(-0.02, 0.06 * (1.2 - furrow), along);
      const edge = smoothstep(1, 0.72, Math.abs(across));
      const cover = clamp(opacity * end * edge * (0.72 + 0.5 * furrow), 0, 1);
      if (cover < 0.02) return;
      const tone = 1 + 0.22 * (furrow - 0.5);
      canvas.blend(pixel, [colour[0] * tone, colour[1] * tone, colour[2] * tone], cover);
      const ridge = thickness * (0.55 + 0.45 * furrow + 0.25 * smoothstep(0.55, 0.85, Math.abs(across)));
      canvas.relief[pixel]! += (ridge - canvas.relief[pixel]!) * cover;
    },
  );
}

/** Distance from the nearest part of a path, signed by side, and how far along it; false where out of reach. */
function locate(
  path: readonly Point[],
  lengths: readonly number[],
  x: number,
  y: number,
  reach: number,
  place: { along: number; across: number },
): boolean {
  let nearest = reach * reach;
  let found = false;
  for (let i = 1; i < path.length; i++) {
    const [x0, y0] = path[i - 1]!;
    const [x1, y1] = path[i]!;
    const dx = x1 - x0;
    const dy = y1 - y0;
    const square = dx * dx + dy * dy;
    const t = square === 0 ? 0 : clamp(((x - x0) * dx + (y - y0) * dy) / square, 0, 1);
    const offX = x - x0 - t * dx;
    const offY = y - y0 - t * dy;
    const distance = offX * offX + offY * offY;
    if (distance >= nearest) continue;
    nearest = distance;
    found = true;
    place.across = Math.sqrt(distance) * (dx * offY - dy * offX < 0 ? -1 : 1);
    place.along = lengths[i - 1]! + t * (lengths[i]! - lengths[i - 1]!);
  }
  return found;
}

/** 0 to 1, smooth between bristles. */
function bristleNoise(position: number, seed: number): number {
  const cell = Math.floor(position);
  const t = position - cell;
  const share = t * t * (3 - 2 * t);
  return cellValue(cell, 0, seed) * (1 - share) + cellValue(cell + 1, 0, seed) * share;
}

/** Follows a field of directions (radians) from a point, half the length each way. */
export function followField(
  field: (x: number, y: number) => number,
  x: number,
  y: number,
  length: number,
  steps = 6,
): Point[] {
  const half = Math.max(1, Math.round(steps / 2));
  const stride = length / (2 * half);
  const walk = (sign: number) => {
    const points: Point[] = [];
    let [px, py] = [x, y];
    for (let i = 0; i < half; i++) {
      const angle = field(px, py);
      px += sign * stride * Math.cos(angle);
      py += sign * stride * Math.sin(angle);
      points.push([px, py]);
    }
    return points;
  };
  return [...walk(-1).reverse(), [x, y], ...walk(1)];
}
