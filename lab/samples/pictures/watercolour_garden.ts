import type { Canvas } from "../drawing/canvas.ts";
import { type Colour, hex, mixColours, palette } from "../drawing/colour.ts";
import { clamp, mix, smoothstep } from "../drawing/maths.ts";
import { Noise } from "../drawing/noise.ts";
import { Random } from "../drawing/random.ts";
import { boxAround, type Shape } from "../drawing/shapes.ts";
import type { Point } from "../drawing/brush.ts";

const PAPER = hex("fbf6ea");
const SKY = palette("b9d8ea d9cfe8 f3d6cf fbe7c0");
const PETALS = [
  palette("e8364f f2705a c4173c"),
  palette("f08fb0 d94f86 f7c0cf"),
  palette("7a5fc0 4a52b8 a98ad8"),
  palette("f4b52e f08a2a f9d56a"),
  palette("3f78c8 62a6de 2a4f9c"),
];
const GREENS = palette("4f8f4a 2f6f55 86b04a 1f5a5e a9c25a");
const pigment = new Noise(1874);
const paper = new Noise(1875);

/** Flowers in wet colours that run, dry with dark rims and grain in the paper. 720 × 560 points. */
export function drawWatercolourGarden(canvas: Canvas): void {
  const random = new Random(1873);
  canvas.fill(() => PAPER);
  washes(canvas, random);
  for (let i = 0; i < 170; i++) leaf(canvas, random, random.range(0, canvas.width), random.range(30, 600), 1);
  for (let i = 0; i < 70; i++) stalk(canvas, random);
  const flowers = Array.from({ length: 118 }, () => {
    const y = random.range(-8, 575);
    return {
      x: random.range(-10, canvas.width + 10),
      y,
      radius: mix(19, 46, clamp(y / 570, 0, 1) ** 1.2) * random.range(0.7, 1.25),
    };
  });
  for (const { x, y, radius } of flowers.sort((a, b) => a.y - b.y)) {
    for (let i = 0; i < 2; i++) leaf(canvas, random, x + random.range(-50, 50), y + random.range(10, 60), radius / 40);
    flower(canvas, random, x, y, radius);
  }
  splashes(canvas, random);
  showPaper(canvas);
}

interface Wet {
  readonly colour: Colour;
  /** Colour that has run into it, and where from. */
  readonly second: Colour;
  readonly strength: number;
  /** How far the outline wanders, in points. */
  readonly ragged: number;
  /** How dark the dried rim is. */
  readonly rim: number;
  readonly seed: number;
}

/** Lays one wet patch: the outline wanders, pigment gathers at the rim and in pools, two colours run into each other. */
function patch(canvas: Canvas, points: readonly Point[], shape: Shape, wet: Wet): void {
  const { left, top, right, bottom } = boxAround(points, wet.ragged * 1.5);
  const shift = (wet.seed % 997) * 1.7;
  canvas.visit(left, top, right, bottom, (x, y, pixel) => {
    const outline = shape(x, y);
    if (outline > wet.ragged + 1.5) return;
    const coarse = pigment.fbm(x / 22 + shift, y / 22, 4);
    const distance = outline + wet.ragged * coarse + 0.7 * pigment.at(x / 2.4 + shift, y / 2.4);
    if (distance > 0.6) return;
    const cover = smoothstep(0.6, -0.6, distance);
    const rim = wet.rim * Math.exp(-(((distance + 1.3) / 1.5) ** 2));
    const pool = 0.5 + 0.75 * pigment.fbm(x / 31 + shift, y / 31 + 7, 4);
    // A bloom: water that was dropped in late and pushed the pigment aside.
    const bloom = 0.22 * smoothstep(0.06, 0, Math.abs(pigment.fbm(x / 47 + 3 * shift, y / 47, 4) - 0.16));
    const strength = cover * clamp(wet.strength * (0.45 + 0.75 * pool) + rim + bloom * wet.rim, 0, 1);
    const share = smoothstep(-0.25, 0.35, pigment.fbm(x / 40 - shift, y / 40 + 3, 3));
    canvas.multiply(pixel, mixColours(wet.colour, wet.second, share), strength);
  });
}

function washes(canvas: Canvas, random: Random): void {
  const sheet: Point[] = [[-40, -40], [canvas.width + 40, canvas.height + 40]];
  for (let i = 0; i < 5; i++) {
    const level = 40 + i * 62;
    const band: Shape = (x, y) => Math.abs(y - level - 22 * Math.sin(x / 110 + i)) - 62;
    patch(canvas, sheet, band, {
      colour: SKY[i % 4]!,
      second: SKY[(i + 1) % 4]!,
      strength: 0.62,
      ragged: 46,
      rim: 0.1,
      seed: random.below(1e9),
    });
  }
  for (let i = 0; i < 7; i++) {
    const level = 120 + i * 58;
    const ground: Shape = (x, y) => level + 26 * Math.sin(x / 75 + i * 1.9) - y;
    const [colour, second] = [random.pick(GREENS), mixColours(random.pick(GREENS), hex("f3e3a0"), 0.4)];
    patch(canvas, sheet, ground, {
      colour: mixColours(colour, PAPER, 0.4),
      second,
      strength: 0.3,
      ragged: 40,
      rim: 0.16,
      seed: random.below(1e9),
    });
  }
}

/** A bent blade between two points, `width` at its widest. */
function blade(from: Point, to: Point, width: number, bend: number): Shape {
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const length = Math.hypot(dx, dy) || 1;
  return (x, y) => {
    const t = ((x - from[0]) * dx + (y - from[1]) * dy) / (length * length);
    const off = ((y - from[1]) * dx - (x - from[0]) * dy) / length - bend * 4 * t * (1 - t);
    const inside = clamp(t, 0, 1);
    const half = (width / 2) * Math.sin(Math.PI * inside ** 0.75) + 0.3;
    const beyond = t < 0 ? -t * length : t > 1 ? (t - 1) * length : 0;
    return Math.hypot(Math.max(0, Math.abs(off) - half), beyond) || Math.abs(off) - half;
  };
}

function leaf(canvas: Canvas, random: Random, x: number, y: number, size: number): void {
  const angle = random.range(-2.7, -0.4);
  const length = random.range(34, 84) * clamp(size, 0.35, 1.4);
  const tip: Point = [x + length * Math.cos(angle), y + length * Math.sin(angle)];
  const width = length * random.range(0.14, 0.34);
  const shape = blade([x, y], tip, width, random.range(-0.2, 0.2) * length);
  const box: Point[] = [[x - length, y - length], [x + length, y + length]];
  patch(canvas, box, shape, {
    colour: random.pick(GREENS),
    second: random.pick(GREENS),
    strength: random.range(0.4, 0.75),
    ragged: 2.2,
    rim: 0.32,
    seed: random.below(1e9),
  });
}

function stalk(canvas: Canvas, random: Random): void {
  const x = random.range(0, canvas.width);
  const foot: Point = [x + random.range(-26, 26), canvas.height + 8];
  const top: Point = [x, random.range(150, 420)];
  const box: Point[] = [[x - 60, top[1]], [x + 60, foot[1]]];
  const shape = blade(foot, top, random.range(2, 4.5), random.range(-26, 26));
  patch(canvas, box, shape, {
    colour: random.pick(GREENS),
    second: random.pick(GREENS),
    strength: 0.62,
    ragged: 1,
    rim: 0.25,
    seed: random.below(1e9),
  });
}

function flower(canvas: Canvas, random: Random, x: number, y: number, radius: number): void {
  const colours = random.pick(PETALS);
  // Paper is left almost white under a flower: the colour below is lifted with a sponge.
  canvas.visit(x - radius * 1.3, y - radius * 1.3, x + radius * 1.3, y + radius * 1.3, (px, py, pixel) => {
    const out = Math.hypot(px - x, (py - y) * 1.15) / radius + 0.2 * pigment.fbm(px / 14, py / 14, 3);
    canvas.blend(pixel, PAPER, 0.8 * smoothstep(1.1, 0.6, out));
  });
  const petals = 5 + random.below(3);
  const start = random.range(0, 2 * Math.PI);
  for (let layer = 0; layer < 2; layer++) {
    for (let i = 0; i < petals; i++) {
      const angle = start + ((i + layer * 0.5) / petals) * 2 * Math.PI + random.range(-0.14, 0.14);
      const reach = radius * (layer === 0 ? 1 : 0.66) * random.range(0.84, 1.12);
      const tip: Point = [x + reach * Math.cos(angle), y + 0.86 * reach * Math.sin(angle)];
      const shape = blade(tip, [x, y], reach * random.range(0.72, 0.95), random.range(-0.08, 0.08) * reach);
      patch(canvas, [[x - radius * 1.2, y - radius * 1.2], [x + radius * 1.2, y + radius * 1.2]], shape, {
        colour: random.pick(colours),
        second: random.pick(colours),
        strength: random.range(0.42, 0.72),
        ragged: radius * 0.085,
        rim: 0.3,
        seed: random.below(1e9),
      });
    }
  }
  const heart: Shape = (px, py) => Math.hypot(px - x, (py - y) * 1.1) - radius * 0.2;
  patch(canvas, [[x - radius, y - radius], [x + radius, y + radius]], heart, {
    colour: hex("4a2b2a"),
    second: hex("b8862a"),
    strength: 0.85,
    ragged: radius * 0.1,
    rim: 0.4,
    seed: random.below(1e9),
  });
  for (let i = 0; i < radius * 0.6; i++) {
    const angle = random.range(0, 2 * Math.PI);
    const reach = radius * random.range(0.2, 0.42);
    drop(canvas, x + reach * Math.cos(angle), y + reach * Math.sin(angle), random.range(0.5, 1.3), hex("3a2430"), 0.8);
  }
}

function drop(canvas: Canvas, x: number, y: number, radius: number, colour: Colour, strength: number): void {
  canvas.visit(x - radius - 1, y - radius - 1, x + radius + 1, y + radius + 1, (px, py, pixel) => {
    const distance = Math.hypot(px - x, py - y) - radius;
    const rim = 0.35 * Math.exp(-(((distance + 0.7) / 0.8) ** 2));
    canvas.multiply(pixel, colour, smoothstep(0.5, -0.5, distance) * clamp(strength + rim, 0, 1));
  });
}

function splashes(canvas: Canvas, random: Random): void {
  for (let i = 0; i < 520; i++) {
    const radius = 0.5 + 4.4 * random.next() ** 5;
    drop(
      canvas,
      random.range(0, canvas.width),
      random.range(0, canvas.height),
      radius,
      random.pick(random.pick(PETALS)),
      random.range(0.25, 0.6),
    );
  }
}

/** Cold-pressed paper: pigment settles in its hollows, light catches its bumps. */
function showPaper(canvas: Canvas): void {
  canvas.visit(0, 0, canvas.width, canvas.height, (x, y, pixel) => {
    const height = paper.fbm(x / 3.4, y / 3.4, 3);
    const light = 1 + 0.035 * (paper.fbm((x + 0.8) / 3.4, (y + 0.8) / 3.4, 3) - height) * 6;
    const at = 3 * pixel;
    for (let c = 0; c < 3; c++) {
      const ink = 1 - canvas.rgb[at + c]!;
      canvas.rgb[at + c] = (1 - ink * (1 - 0.34 * height)) * light;
    }
  });
}
