import type { Random } from "../../engine/descent/random.ts";
import { Canvas, nearby, palette } from "./canvas.ts";
import { between, type Field, fractalNoise, normal, wholeBetween } from "./noise.ts";

/** Outlines of leaves: within `r` of the centre, in a leaf's own coordinates. */
export type LeafShape = "ellipse" | "rectangle" | "polygon";

const MAX_LEAVES = 3000;
/** Stop when fewer than this share of pixels is uncovered. */
const UNCOVERED = 0.005;

/**
 * Leaves that cover one another, their radii spread as 1 / r³ as in natural scenes (Lee, Mumford and Huang 2001), each
 * plain, rough or striped, and shaded. Laid from the front to the back, so that each pixel is painted once.
 *
 * @param shapes What the leaves may look like.
 */
export function deadLeaves(random: Random, side: number, shapes: readonly LeafShape[]): Canvas {
  const colors = palette(random, wholeBetween(random, 3, 8));
  const canvas = new Canvas(side, colors[0]);
  const textures = [0.4, 0.55, 0.7].map((roughness) => fractalNoise(random, side, roughness, between(random, 1, 3)));
  const covered = new Uint8Array(side * side);
  const smallest = between(random, 2, 6);
  let left = side * side;
  for (let leaf = 0; leaf < MAX_LEAVES && left > UNCOVERED * side * side; leaf++) {
    const u = random.uniform();
    const r = 1 / Math.sqrt(u / smallest ** 2 + (1 - u) / (0.35 * side) ** 2);
    const shape = shapes[wholeBetween(random, 0, shapes.length - 1)]!;
    left -= layLeaf(random, canvas, covered, r, shape, textures, colors);
  }
  return canvas;
}

function layLeaf(
  random: Random,
  canvas: Canvas,
  covered: Uint8Array,
  r: number,
  shape: LeafShape,
  textures: readonly Field[],
  colors: ReturnType<typeof palette>,
): number {
  const { side } = canvas;
  const [cx, cy] = [between(random, -r / 2, side + r / 2), between(random, -r / 2, side + r / 2)];
  const angle = between(random, 0, Math.PI);
  const aspect = Math.sqrt(between(random, 1, 3));
  const isInside = outline(random, shape, r);
  const color = nearby(random, colors[wholeBetween(random, 0, colors.length - 1)]!, 8);
  const surface = leafSurface(random, textures);
  const slope = random.uniform() < 0.7 ? [normal(random) * 25 / r, normal(random) * 25 / r] as const : [0, 0] as const;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  let laid = 0;
  for (let y = Math.max(0, Math.floor(cy - 2 * r)); y < Math.min(side, cy + 2 * r + 1); y++) {
    for (let x = Math.max(0, Math.floor(cx - 2 * r)); x < Math.min(side, cx + 2 * r + 1); x++) {
      const pixel = y * side + x;
      if (covered[pixel]) continue;
      const [dx, dy] = [x - cx, y - cy];
      const [u, v] = [(dx * cos + dy * sin) / aspect, (dy * cos - dx * sin) * aspect];
      if (!isInside(u, v)) continue;
      covered[pixel] = 1;
      laid++;
      canvas.set(pixel, color, surface(dx, dy, pixel) + slope[0] * u + slope[1] * v);
    }
  }
  return laid;
}

function outline(random: Random, shape: LeafShape, r: number): (u: number, v: number) => boolean {
  if (shape === "ellipse") return (u, v) => u * u + v * v < r * r;
  if (shape === "rectangle") return (u, v) => Math.abs(u) < 0.9 * r && Math.abs(v) < 0.9 * r;
  const corners = wholeBetween(random, 3, 5);
  const normals = Array.from({ length: corners }, (_, i) => {
    const angle = (2 * Math.PI * (i + between(random, -0.25, 0.25))) / corners;
    return [Math.cos(angle), Math.sin(angle)] as const;
  });
  return (u, v) => normals.every(([nu, nv]) => u * nu + v * nv < 0.7 * r);
}

/** How much brighter each point of a leaf is: rough, striped, or plain. */
function leafSurface(random: Random, textures: readonly Field[]): (dx: number, dy: number, pixel: number) => number {
  const kind = random.uniform();
  const texture = textures[wholeBetween(random, 0, textures.length - 1)]!;
  if (kind < 0.45) {
    const height = between(random, 3, 25);
    return (_dx, _dy, pixel) => height * texture[pixel]!;
  }
  if (kind > 0.65) return () => 0;
  const angle = between(random, 0, Math.PI);
  const wave = (2 * Math.PI) / between(random, 2.5, 16);
  const [ku, kv] = [wave * Math.cos(angle), wave * Math.sin(angle)];
  const [height, waver] = [between(random, 5, 45), between(random, 0, 2)];
  return (dx, dy, pixel) => height * Math.sin(ku * dx + kv * dy + waver * texture[pixel]!);
}
