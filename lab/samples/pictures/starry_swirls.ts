import { followField, paintStroke, type Point } from "../drawing/brush.ts";
import type { Canvas } from "../drawing/canvas.ts";
import { type Colour, hex, mixColours, palette, ramp } from "../drawing/colour.ts";
import { lightRelief } from "../drawing/finish.ts";
import { clamp, mix, smoothstep } from "../drawing/maths.ts";
import { Noise } from "../drawing/noise.ts";
import { Random } from "../drawing/random.ts";
import { HILL, horizon, jitter, paintCypress, paintHills, paintVillage } from "./starry_land.ts";

/** A whirl in the sky; `spin` is its sense and strength, `radius` how far it reaches. */
interface Vortex {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
  readonly spin: number;
}

interface Star {
  readonly x: number;
  readonly y: number;
  readonly size: number;
  readonly warm: number;
}

const VORTICES: readonly Vortex[] = [
  { x: 300, y: 190, radius: 105, spin: 1 },
  { x: 452, y: 232, radius: 74, spin: -1 },
  { x: 120, y: 300, radius: 58, spin: -0.8 },
  { x: 640, y: 300, radius: 66, spin: 0.9 },
];
const STARS: readonly Star[] = [
  { x: 628, y: 98, size: 44, warm: 1 },
  { x: 92, y: 82, size: 25, warm: 0.5 },
  { x: 196, y: 46, size: 16, warm: 0.7 },
  { x: 390, y: 62, size: 22, warm: 0.4 },
  { x: 508, y: 120, size: 17, warm: 0.8 },
  { x: 42, y: 206, size: 18, warm: 0.8 },
  { x: 552, y: 42, size: 13, warm: 0.2 },
  { x: 212, y: 322, size: 15, warm: 0.6 },
  { x: 384, y: 338, size: 17, warm: 0.5 },
  { x: 548, y: 296, size: 19, warm: 0.9 },
  { x: 700, y: 214, size: 17, warm: 0.3 },
  { x: 288, y: 26, size: 11, warm: 0.9 },
];
const NIGHT = palette("0b1740 122a66 1c4391 2f66b4 5b93cc 9cc3d9 d9e4cf");
const GLOW = palette("fffbe0 ffe88a f7c541 e0ad3c c3c77c a9cdb4 86b4cf 4f86b8");

const noise = new Noise(1889);

/** A night sky in whirls of thick short strokes, above hills, a village and two cypresses. 720 × 576 points. */
export function drawStarrySwirls(canvas: Canvas): void {
  const random = new Random(1890);
  canvas.fill((x, y) => y < horizon(x) ? ramp(NIGHT, 0.2) : ramp(HILL, 0.2));
  for (const [count, width, length] of [[2600, 15, 62], [7000, 8, 42], [13000, 4.6, 26]] as const) {
    for (let i = 0; i < count; i++) {
      const x = random.range(-10, canvas.width + 10);
      const y = random.range(-10, 470);
      if (y > horizon(x) + 4) continue;
      const near = nearestGlow(x, y);
      const shorter = near.glow > 0.2 ? 0.55 : 1;
      const path = followField(skyDirection, x, y, length * shorter * random.range(0.6, 1.15));
      paintStroke(canvas, {
        path,
        width: width * (near.glow > 0.2 ? 0.8 : 1) * random.range(0.7, 1.2),
        colour: jitter(random, skyColour(x, y, random), 0.05),
        seed: random.below(1e9),
        thickness: width > 10 ? 0.6 : random.range(0.7, 1.3),
      });
    }
  }
  paintStars(canvas, random);
  paintHills(canvas, random);
  paintVillage(canvas, random);
  paintCypress(canvas, random, 628, 596, 292, 46);
  paintCypress(canvas, random, 684, 600, 208, 36);
  lightRelief(canvas, 0.7, 0.14);
}

/** Direction of the paint: waves of wind, bent around every whirl and every star. */
function skyDirection(x: number, y: number): number {
  let dx = 1;
  let dy = 0.42 * Math.cos(x / 96 + y / 150) + 0.5 * noise.at(x / 170, y / 130);
  for (const { x: cx, y: cy, radius, spin } of VORTICES) {
    const rx = x - cx;
    const ry = y - cy;
    const r = Math.hypot(rx, ry) + 1e-6;
    const pull = 5.5 * Math.exp(-((r / radius) ** 2)) * spin;
    // A little inwards as well as around, so that the arms spiral.
    dx += pull * (-ry / r - 0.22 * Math.abs(spin) * rx / r);
    dy += pull * (rx / r - 0.22 * Math.abs(spin) * ry / r);
  }
  for (const star of STARS) {
    const rx = x - star.x;
    const ry = y - star.y;
    const r = Math.hypot(rx, ry) + 1e-6;
    const pull = 9 * Math.exp(-((r / (2 * star.size)) ** 2));
    dx += (-pull * ry) / r;
    dy += (pull * rx) / r;
  }
  return Math.atan2(dy, dx);
}

function nearestGlow(x: number, y: number): { glow: number; star: Star } {
  let best = { glow: 0, star: STARS[0]! };
  for (const star of STARS) {
    const glow = Math.exp(-((Math.hypot(x - star.x, y - star.y) / (1.75 * star.size)) ** 2));
    if (glow > best.glow) best = { glow, star };
  }
  return best;
}

/** Bands that follow the whirls: the phase of a logarithmic spiral around each, waves elsewhere. */
function skyColour(x: number, y: number, random: Random): Colour {
  let phase = y / 34 + 1.4 * Math.sin(x / 90) + 1.8 * noise.fbm(x / 150, y / 60, 3);
  let light = 0;
  for (const { x: cx, y: cy, radius, spin } of VORTICES) {
    const r = Math.hypot(x - cx, y - cy);
    const share = Math.exp(-((r / (1.1 * radius)) ** 4));
    const spiral = Math.atan2(y - cy, x - cx) * Math.sign(spin) * 2 + 9 * Math.log(1 + r / (0.4 * radius));
    phase = mix(phase, spiral, share);
    light += 0.34 * Math.exp(-((r / (0.62 * radius)) ** 2));
  }
  // A pale river of wind between the whirls.
  const river = y - (236 + 52 * Math.sin(x / 88 - 0.9));
  light += 0.26 * Math.exp(-((river / 34) ** 2));
  light += 0.24 * smoothstep(120, 0, horizon(x) - y);
  const tone = 0.3 + 0.27 * Math.sin(phase) + light + 0.09 * random.normal() - 0.12 * smoothstep(140, 0, y);
  const sky = random.chance(0.014) ? ramp(GLOW, random.range(0.35, 0.8)) : ramp(NIGHT, clamp(tone, 0.02, 0.98));
  const { glow, star } = nearestGlow(x, y);
  const distance = Math.hypot(x - star.x, y - star.y) / star.size;
  const ring = ramp(GLOW, distance / (1.55 + 0.7 * star.warm) + 0.12 * Math.sin(distance * 7) + 0.05 * random.normal());
  return mixColours(sky, ring, smoothstep(0.06, 0.45, glow));
}

function paintStars(canvas: Canvas, random: Random): void {
  for (const { x, y, size, warm } of STARS) {
    const moon = size > 40;
    for (let i = 0; i < 26 + size * 3; i++) {
      const angle = random.range(0, 2 * Math.PI);
      const r = size * 0.62 * Math.sqrt(random.next());
      const turn = (dx: number) => angle + dx / Math.max(r, 2);
      const path = [-5, 0, 5].map((dx): Point => [x + r * Math.cos(turn(dx)), y + r * Math.sin(turn(dx))]);
      const core = mixColours(hex("fffdf0"), mixColours(hex("ffe36b"), hex("f5a62c"), warm), r / (0.66 * size));
      paintStroke(canvas, { path, width: random.range(3, 6), colour: core, seed: random.below(1e9), thickness: 1.6 });
    }
    if (moon) paintCrescent(canvas, random, x, y, size);
  }
}

function paintCrescent(canvas: Canvas, random: Random, x: number, y: number, size: number): void {
  for (let i = 0; i < 240; i++) {
    const angle = random.range(-1.9, 1.9);
    const band = random.range(-1, 1);
    const thick = 8.5 * Math.cos(angle / 2.05);
    const path = [-0.16, 0, 0.16].map((turn): Point => {
      const r = size * 0.52 + band * thick * 0.9;
      return [x - 5 + r * Math.cos(angle + turn - 0.35), y + r * Math.sin(angle + turn - 0.35)];
    });
    const colour = mixColours(hex("f08a1c"), hex("ffb02e"), random.next());
    paintStroke(canvas, { path, width: 4, colour, seed: random.below(1e9), thickness: 1.9 });
  }
}
