import type { Canvas } from "../drawing/canvas.ts";
import { type Colour, hex, mixColours, palette, ramp, scaleColour } from "../drawing/colour.ts";
import { bloom, grain, softClip, vignette } from "../drawing/finish.ts";
import { clamp, mix, smoothstep } from "../drawing/maths.ts";
import { Noise } from "../drawing/noise.ts";
import { Random } from "../drawing/random.ts";
import { drawForest, drawNearFir } from "./firs.ts";

/** Where the far shore meets the water, in points from the top. */
const SHORE = 312;
const SUN = { x: 452, y: 236 };
const DAWN = palette("2d4a86 4f73b0 86a0cc c9b9c8 f3c3a6 ffd9a0 fff0c8");
const LIGHT = hex("ffc38a");
const SHADOW = hex("2b3a68");
const MIST = hex("e8c4b4");

interface Range {
  /** Average height of the crest above the shore, and how much it varies, in points. */
  readonly height: number;
  readonly relief: number;
  /** Width of a mountain, in points. */
  readonly breadth: number;
  readonly seed: number;
  /** 0 near to 1 lost in the air. */
  readonly haze: number;
  readonly snow: number;
}

const RANGES: readonly Range[] = [
  { height: 96, relief: 150, breadth: 210, seed: 3, haze: 0.52, snow: 0.9 },
  { height: 56, relief: 96, breadth: 150, seed: 22, haze: 0.36, snow: 0.35 },
  { height: 22, relief: 56, breadth: 110, seed: 35, haze: 0.2, snow: 0 },
];

const air = new Noise(61);
const rock = new Noise(62);
const water = new Noise(63);

/** Snowy mountains in the first light, their mirror image in a still lake, firs in front. 768 × 512 points. */
export function drawMountainLake(canvas: Canvas): void {
  canvas.fill((x, y) => skyColour(x, Math.min(y, SHORE)));
  for (const range of RANGES) drawRange(canvas, range);
  drawForest(canvas, { count: 900, foot: SHORE + 1, low: 4, high: 15, haze: 0.45, seed: 77 });
  drawForest(canvas, { count: 420, foot: SHORE + 3, low: 5, high: 27, haze: 0.14, seed: 78 });
  drawMist(canvas);
  drawLake(canvas);
  drawBank(canvas);
  bloom(canvas, 0.8, 30, 0.55);
  vignette(canvas, 0.28);
  softClip(canvas, 0.85);
  grain(canvas, 0.014, 5);
}

function skyColour(x: number, y: number): Colour {
  const distance = Math.hypot((x - SUN.x) * 0.62, y - SUN.y);
  let colour = ramp(DAWN, (y / SHORE) ** 1.25 * 0.84 + 0.26 * Math.exp(-distance / 120));
  const bank = air.fbm(x / 190 + 0.9 * air.at(x / 310, y / 60), y / 38, 6);
  const cover = smoothstep(0.0, 0.5, bank) * smoothstep(10, 90, y) * smoothstep(SHORE, 170, y);
  // Clouds are lit from below: their lower edge, where the noise grows downwards, glows.
  const under = clamp(0.5 + 2.4 * (bank - air.fbm(x / 190 + 0.9 * air.at(x / 310, y / 60), (y + 9) / 38, 3)), 0, 1);
  const cloud = mixColours(hex("6f6f9f"), mixColours(hex("ff9a76"), hex("ffe0a8"), Math.exp(-distance / 150)), under);
  colour = mixColours(colour, cloud, 0.72 * cover);
  return mixColours(colour, [1.5, 1.25, 0.95], 0.95 * Math.exp(-((distance / 30) ** 2)));
}

function drawRange(canvas: Canvas, range: Range): void {
  const noise = new Noise(range.seed);
  const crest = (x: number) =>
    SHORE - range.height - range.relief * (noise.ridged(x / range.breadth, 0.37, 7) - 0.42) -
    5 * noise.fbm(x / 9, 2.2, 3);
  canvas.visit(0, 0, canvas.width, SHORE, (x, y, pixel) => {
    const top = crest(x);
    const inside = smoothstep(top - 0.3, top + 0.3, y);
    if (inside === 0) return;
    canvas.blend(pixel, rangeColour(range, noise, x, y, top), inside);
  });
}

/** Rock, snow and light by the slope of a relief of crests that runs down from the skyline. */
function rangeColour(range: Range, noise: Noise, x: number, y: number, top: number): Colour {
  const depth = y - top;
  const relief = (px: number, py: number) =>
    noise.ridged(px / (0.36 * range.breadth) + 0.35 * noise.at(px / 60, py / 45), py / (0.62 * range.breadth), 6);
  const here = relief(x, y);
  const step = 2.2;
  // The sun stands behind and to the right: flanks that fall to the right are lit.
  const slope = (relief(x - step, y) - relief(x + step, y)) * 3.4 + (here - relief(x, y + step)) * 1.3;
  const lit = clamp(
    0.42 + 1.25 * slope * Math.sign(SUN.x + 120 - x + 0.001 * y) + 0.1 * rock.fbm(x / 4, y / 4, 3),
    0,
    1,
  );
  const stone = mixColours(hex("39415f"), hex("a97c6c"), lit);
  const white = mixColours(hex("8796c4"), hex("ffe3cd"), lit ** 0.8);
  const line = range.snow * 105 - depth + 46 * rock.fbm(x / 26, y / 20, 5) + 42 * (here - 0.5);
  let colour = mixColours(stone, white, range.snow === 0 ? 0 : smoothstep(-9, 9, line));
  const wood = mixColours(hex("1c3040"), hex("4a5a52"), lit * 0.8);
  colour = mixColours(
    colour,
    wood,
    smoothstep(8 + 70 * range.snow, 60 + 80 * range.snow, depth + 20 * rock.fbm(x / 18, y / 12, 4)) *
      (1 - 0.5 * range.haze),
  );
  colour = mixColours(colour, lit > 0.5 ? LIGHT : SHADOW, 0.22 * Math.abs(lit - 0.5) * 2);
  const glow = Math.exp(-Math.hypot(x - SUN.x, (y - SUN.y) * 1.4) / 130);
  const far = mixColours(hex("8ea0cc"), hex("ffcf9f"), glow);
  const low = smoothstep(SHORE - 90, SHORE, y);
  return mixColours(colour, far, clamp(range.haze * (0.62 + 0.55 * low) + 0.34 * glow * range.haze, 0, 0.92));
}

function drawMist(canvas: Canvas): void {
  canvas.visit(0, SHORE - 90, canvas.width, SHORE + 2, (x, y, pixel) => {
    const band = Math.exp(-(((y - SHORE + 11 + 14 * air.fbm(x / 130, 3, 3)) / 15) ** 2));
    const swathe = smoothstep(-0.35, 0.45, air.fbm(x / 90, y / 14, 5));
    canvas.blend(pixel, mixColours(MIST, hex("ffdcae"), Math.exp(-Math.abs(x - SUN.x) / 130)), 0.72 * band * swathe);
  });
}

function drawLake(canvas: Canvas): void {
  const depth = canvas.height - SHORE;
  canvas.visit(0, SHORE, canvas.width, canvas.height, (x, y, pixel) => {
    const near = (y - SHORE) / depth;
    const distance = 1 / (near + 0.06);
    const calm = smoothstep(-0.2, 0.5, water.fbm(x / 260, 4 * distance ** 0.5, 3));
    const wave = water.fbm(x * 0.009 * distance ** 0.6, 8 * distance, 4) +
      0.4 * water.at(x * 0.05 * distance ** 0.5, 27 * distance);
    const slope = wave * mix(0.3, 1, calm);
    let colour: Colour = [0, 0, 0];
    for (let i = -2; i <= 2; i++) {
      const height = (y - SHORE) * 1.28 + slope * (3 + 34 * near) + i * (0.6 + 4 * near);
      const source = canvas.colourAt(x + slope * (1 + 5 * near), SHORE - 1 - Math.abs(height));
      colour = [colour[0] + source[0] / 5, colour[1] + source[1] / 5, colour[2] + source[2] / 5];
    }
    const deep = mixColours(hex("1c3a5c"), hex("0d2036"), near);
    colour = mixColours(scaleColour(colour, 0.93), deep, 0.1 + 0.34 * near ** 1.3 - 0.1 * slope);
    const path = Math.exp(-(((x - SUN.x) / (22 + 60 * near)) ** 2));
    colour = mixColours(colour, hex("fff0cf"), 0.6 * path * smoothstep(0.1, 0.55, slope));
    canvas.blend(pixel, colour, 1);
  });
}

/** The near bank: grass and stones at the bottom, tall firs at both sides. */
function drawBank(canvas: Canvas): void {
  const random = new Random(91);
  const edge = (x: number) =>
    canvas.height - 20 - 58 * smoothstep(250, 0, x) - 40 * smoothstep(560, 768, x) - 9 * rock.fbm(x / 34, 8, 4);
  for (
    const [x, height] of [
      [20, 330],
      [66, 250],
      [108, 300],
      [150, 188],
      [188, 120],
      [742, 310],
      [702, 214],
      [770, 250],
      [660, 132],
    ] as const
  ) {
    drawNearFir(canvas, random, x, edge(x) + 14, height);
  }
  canvas.visit(0, canvas.height - 110, canvas.width, canvas.height, (x, y, pixel) => {
    const top = edge(x);
    if (y < top) return;
    const tone = 0.5 + 0.5 * rock.fbm(x / 7, y / 3.5, 5);
    const colour = mixColours(hex("0c1614"), hex("3d4a2c"), tone * smoothstep(40, 0, y - top));
    canvas.blend(pixel, mixColours(colour, hex("c78a5a"), 0.35 * smoothstep(3, 0, y - top)), 1);
  });
  for (let i = 0; i < 2600; i++) {
    const x = random.range(0, canvas.width);
    const foot = edge(x) + random.range(0, 26);
    const height = random.range(5, 17) * (random.chance(0.04) ? 1.9 : 1);
    const lean = random.range(-5, 5);
    const colour = mixColours(hex("16231a"), random.chance(0.2) ? hex("c09a5c") : hex("4f5f34"), random.next());
    canvas.visit(x - 7, foot - height, x + 7, foot, (px, py, pixel) => {
      const up = (foot - py) / height;
      if (Math.abs(px - x - lean * up * up) < 0.75 * (1 - up)) canvas.blend(pixel, colour, 0.9);
    });
  }
}
