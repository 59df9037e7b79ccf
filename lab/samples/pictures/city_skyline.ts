import type { Canvas } from "../drawing/canvas.ts";
import { hex, mixColours } from "../drawing/colour.ts";
import { smoothstep } from "../drawing/maths.ts";
import type { Random } from "../drawing/random.ts";

/** A house as it stands before the sky; lengths in points. */
export interface Building {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  /** 0 is the farthest. */
  readonly layer: number;
  readonly seed: number;
  /** Height of an aerial above the roof, if there is one. */
  readonly mast: number | undefined;
  /** Distance from window to window, and from floor to floor. */
  readonly pitch: number;
  readonly storey: number;
  /** Share of lit windows, and of those with cold light. */
  readonly life: number;
  readonly coolness: number;
  /** y of the roof's edge above x. */
  readonly roof: (x: number) => number;
}

/** Where the water begins, in points from the top. */
export const SHORE = 372;

/** Fills one layer from left to right, towers higher towards the middle of the town. */
export function planSkyline(random: Random, layer: number, width: number): Building[] {
  const buildings: Building[] = [];
  const [low, high] = ([[70, 205], [46, 190], [26, 112]] as const)[layer]!;
  let x = -random.range(0, 20);
  while (x < width) {
    const breadth = random.range(22, 50) * (layer === 2 ? 1.25 : 0.95);
    const centre = Math.exp(-(((x - 400) / 190) ** 2)) + 0.45 * Math.exp(-(((x - 700) / 80) ** 2));
    const height = low + (high - low) * centre * random.range(0.55, 1.15) + random.range(0, 34);
    // The bridge needs an open stretch of bank in front.
    const open = layer === 2 && x < 250 ? 0.4 : 1;
    buildings.push(building(random, layer, x, x + breadth, SHORE - height * open));
    x += breadth + (random.chance(0.25) ? random.range(1, 12) : random.range(-6, 1));
  }
  // Far ones first within a layer, so that low houses stand before towers.
  return buildings.sort((a, b) => a.top - b.top);
}

function building(random: Random, layer: number, left: number, right: number, top: number): Building {
  const breadth = right - left;
  const middle = (left + right) / 2;
  const tall = SHORE - top > 135;
  const form = random.next();
  const roof = (x: number): number => {
    const off = Math.abs(x - middle) / (breadth / 2);
    if (tall && form < 0.3) return top + 9 * Math.floor(off * 3.2);
    if (tall && form < 0.48) return top + 26 * smoothstep(0, 1, off);
    if (form < 0.6) return top + 12 * ((x - left) / breadth);
    if (form < 0.72) return off < 0.45 ? top - 6 : top;
    return top;
  };
  return {
    left,
    right,
    top,
    layer,
    seed: random.below(1e9),
    mast: tall && random.chance(0.6) ? random.range(18, 46) : undefined,
    pitch: random.range(3.4, 5.4) * (layer === 2 ? 1 : layer === 1 ? 0.85 : 0.7),
    storey: random.range(4.6, 6.4) * (layer === 2 ? 1 : layer === 1 ? 0.85 : 0.7),
    life: random.range(0.3, 0.8),
    coolness: random.chance(0.3) ? 0.75 : 0.1,
    roof,
  };
}

/** A suspension bridge that comes in from the left, with lamps along its cable. */
export function drawBridge(canvas: Canvas, shore: number): void {
  const deck = (x: number) => shore - 30 - 7 * Math.sin((Math.PI * (x + 60)) / 400);
  const towers = [64, 238];
  const peak = shore - 104;
  const cable = (x: number) => {
    if (x > towers[1]!) return peak + ((x - towers[1]!) / 100) ** 0.92 * (deck(x) - peak);
    const t = (x - 151) / 87;
    return x < towers[0]! ? peak + ((towers[0]! - x) / 100) ** 0.92 * (deck(x) - peak) : peak + (1 - t * t) * 64;
  };
  const steel = hex("0b0f22");
  const lit = hex("4b3f63");
  canvas.visit(0, peak - 8, 340, shore, (x, y, pixel) => {
    const floor = deck(x);
    if (y > floor && y < floor + 5) canvas.blend(pixel, mixColours(steel, lit, smoothstep(floor + 3, floor, y)), 1);
    for (const tower of towers) {
      const leg = Math.abs(Math.abs(x - tower) - 4.2);
      const brace = Math.abs(x - tower) < 5 && (y - peak) % 24 < 2.4;
      if (y > peak - 3 && (leg < 1.5 || brace)) {
        canvas.blend(pixel, mixColours(steel, lit, 0.75 - 0.6 * ((y - peak) / 104)), 1);
      }
      if (y > shore - 8 && Math.abs(x - tower) < 10) canvas.blend(pixel, steel, 1);
    }
    if (x > 338) return;
    const rope = cable(x);
    if (Math.abs(y - rope) < 0.9) canvas.blend(pixel, hex("544a70"), 1);
    if (y > rope && y < floor && Math.abs((x % 7) - 3.5) < 0.3) canvas.blend(pixel, hex("3b365a"), 0.75);
  });
  for (let x = 3; x < 338; x += 7) lamp(canvas, x, cable(x), [1.25, 1.05, 0.72], 0.8, 0.75);
  for (let x = 1; x < 340; x += 11) lamp(canvas, x, deck(x) - 3.4, [1.3, 0.82, 0.42], 1.5, 1);
  for (const tower of towers) lamp(canvas, tower, peak - 5, [1.6, 0.18, 0.14], 1.6, 1.4);
}

function lamp(
  canvas: Canvas,
  x: number,
  y: number,
  colour: readonly [number, number, number],
  light: number,
  size: number,
) {
  canvas.visit(x - 4, y - 4, x + 4, y + 4, (px, py, pixel) => {
    canvas.add(pixel, colour, light * Math.exp(-((px - x) ** 2 + (py - y) ** 2) / (1.2 * size)));
  });
}
