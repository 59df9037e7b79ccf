import { paintStroke, type Point } from "../drawing/brush.ts";
import type { Canvas } from "../drawing/canvas.ts";
import { type Colour, hex, mixColours, scaleColour } from "../drawing/colour.ts";
import { mix, smoothstep } from "../drawing/maths.ts";
import { Noise } from "../drawing/noise.ts";
import { Random } from "../drawing/random.ts";

const MIST = hex("e8c4b4");
const SUNLIT = hex("d08a58");
const ragged = new Noise(71);

interface Forest {
  readonly count: number;
  /** y of the shore it stands on. */
  readonly foot: number;
  /** Heights in points. */
  readonly low: number;
  readonly high: number;
  /** 0 near to 1 lost in the mist. */
  readonly haze: number;
  readonly seed: number;
}

/** A row of far firs of all sizes along a shore. */
export function drawForest(canvas: Canvas, { count, foot, low, high, haze, seed }: Forest): void {
  const random = new Random(seed);
  for (let i = 0; i < count; i++) {
    const x = random.range(-10, canvas.width + 10);
    const dense = smoothstep(-0.35, 0.45, ragged.at(x / 90, seed));
    const size = mix(low, high, random.next() ** 1.4) * (0.5 + 0.7 * dense);
    const colour = mixColours(mixColours(hex("12202a"), hex("2e3a30"), random.next()), MIST, haze);
    drawFarFir(canvas, x, foot + random.range(-1, 1), size, colour, random.range(0, 50));
  }
}

function drawFarFir(canvas: Canvas, x: number, foot: number, height: number, colour: Colour, phase: number): void {
  const half = height * 0.19;
  canvas.visit(x - half, foot - height, x + half, foot, (px, py, pixel) => {
    const down = (py - foot + height) / height;
    const off = Math.abs(px - x);
    const reach = half * down * (0.85 + 0.5 * ragged.at(py / 1.4 + phase, Math.sign(px - x) * 7));
    if (off > reach || down > 1) return;
    const tone = 0.85 + 0.35 * ragged.at(px / 1.6, py / 1.6);
    canvas.blend(pixel, scaleColour(colour, tone), 0.96);
  });
}

/** A fir close by: a trunk and some hundred hanging boughs, drawn from the top down. */
export function drawNearFir(canvas: Canvas, random: Random, x: number, foot: number, height: number): void {
  const lean = random.range(-3, 3);
  const spread = height * random.range(0.17, 0.22);
  const stem = (up: number): Point => [x + lean * up + 1.2 * Math.sin(up * 9), foot - up * height];
  for (let part = 0; part < 12; part++) {
    paintStroke(canvas, {
      path: [stem(part / 12), stem((part + 1.15) / 12)],
      width: mix(height * 0.026, 0.8, part / 12) + 0.6,
      colour: hex("17130f"),
      seed: random.below(1e9),
    });
  }
  const boughs = Math.round(height * 1.5);
  for (let i = 0; i < boughs; i++) {
    const down = ((i + random.next()) / boughs) * 0.93 + 0.015;
    const [sx, sy] = stem(1 - down);
    const side = random.chance(0.5) ? 1 : -1;
    // Some boughs point towards the viewer and look short.
    const reach = spread * (down ** 0.8) * random.range(0.3, 1.08) * (0.8 + 0.3 * ragged.at(down * 9, x)) + 1.2;
    const droop = reach * random.range(0.22, 0.5);
    const lift = reach * 0.12;
    const path: Point[] = [0, 0.33, 0.66, 1].map((
      t,
    ) => [sx + side * reach * t, sy + droop * t * t - lift * Math.sin(t * 5)]);
    const sunny = side > 0 ? random.range(0, 0.32) : random.range(0, 0.08);
    const colour = mixColours(mixColours(hex("0a1615"), hex("24382c"), random.next() ** 1.5), SUNLIT, sunny ** 1.6);
    paintStroke(canvas, { path, width: mix(1.6, 5, down) * random.range(0.7, 1.2), colour, seed: random.below(1e9) });
    // Twigs hang from the bough.
    for (let twig = 0; twig < 3; twig++) {
      const t = random.range(0.3, 1);
      const tx = sx + side * reach * t;
      const ty = sy + droop * t * t;
      const end: Point = [tx + side * random.range(0.5, 3), ty + random.range(2, 3 + 6 * down)];
      paintStroke(canvas, {
        path: [[tx, ty], end],
        width: 1.5,
        colour: scaleColour(colour, 0.85),
        seed: random.below(1e9),
      });
    }
  }
}
