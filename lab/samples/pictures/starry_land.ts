import { followField, paintStroke, type Point } from "../drawing/brush.ts";
import type { Canvas } from "../drawing/canvas.ts";
import { type Colour, hex, mixColours, palette, ramp } from "../drawing/colour.ts";
import { clamp, smoothstep } from "../drawing/maths.ts";
import type { Random } from "../drawing/random.ts";

export const HILL = palette("0a1a33 12314f 1d4c63 2f6a68 5a8a5e");
const CYPRESS = palette("0a1414 12261f 1f3b28 38502c 5a5a2c");
const ROOFS = palette("6b3a2a 3a4a6e 7a5a3a 44506a");
const UMBER = hex("24160f");

/** y of the line where the hills meet the sky. */
export function horizon(x: number): number {
  return 418 + 26 * Math.sin(x / 118 + 0.7) + 15 * Math.sin(x / 47) - 30 * smoothstep(300, 720, x);
}

/** Four ridges, one before the other. */
export function paintHills(canvas: Canvas, random: Random): void {
  const ridges = [0, 34, 74, 112];
  ridges.forEach((drop, layer) => {
    const crest = (x: number) =>
      horizon(x + 70 * layer) * 0.35 + 0.65 * horizon(140) + drop - 4 + 8 * Math.sin(x / 31 + layer * 2);
    for (let i = 0; i < 2400; i++) {
      const x = random.range(-10, canvas.width + 10);
      const top = layer === 0 ? horizon(x) : crest(x);
      const y = top + random.next() ** 1.4 * (layer === 3 ? 110 : 70);
      const slope = (px: number, py: number) =>
        Math.atan2(crest(px + 4) - crest(px - 4), 8) + 0.55 * Math.sin((py - crest(px)) / 9 + px / 40);
      const tone = 0.2 + 0.17 * layer + 0.2 * Math.sin((y - top) / 7 + x / 60) + 0.1 * random.normal() +
        0.3 * smoothstep(7, 0, y - top);
      const warm = random.chance(0.07) ? hex("b09a3c") : ramp(HILL, clamp(tone, 0, 1));
      paintStroke(canvas, {
        path: followField(slope, x, y, random.range(14, 34)),
        width: random.range(4, 8),
        colour: jitter(random, warm, 0.035),
        seed: random.below(1e9),
      });
    }
  });
}

/** Houses with lit windows, and a church. */
export function paintVillage(canvas: Canvas, random: Random): void {
  const houses = Array.from({ length: 30 }, (_, i) => ({
    x: 70 + (i % 15) * 33 + random.range(-11, 11),
    y: 474 + Math.floor(i / 15) * 27 + random.range(-7, 8),
  })).sort((a, b) => a.y - b.y);
  for (const { x, y } of houses) {
    const width = random.range(19, 30);
    const wall = random.range(11, 17);
    const tone = jitter(random, mixColours(hex("2b4a78"), hex("7b93a6"), random.next()), 0.04);
    for (let row = 0; row < wall; row += 2.6) {
      bar(canvas, random, [x, y - row], [x + width, y - row], 4, tone);
    }
    const roof = random.pick(ROOFS);
    for (let row = 0; row < 11; row += 2) {
      bar(canvas, random, [x - 3 + row * 0.9, y - wall - row], [x + width + 3 - row * 0.9, y - wall - row], 3.6, roof);
    }
    for (let window = 0; window < 2; window++) {
      if (!random.chance(0.75)) continue;
      const wx = x + 5 + window * (width / 2) + random.range(-1, 2);
      bar(canvas, random, [wx, y - wall * 0.55], [wx + 4.6, y - wall * 0.55], 5.4, hex("ffd451"), 1.7);
    }
  }
  for (let row = 0; row < 46; row += 2.4) bar(canvas, random, [318, 476 - row], [336, 476 - row], 4, hex("4a658c"));
  for (let row = 0; row < 74; row += 2) {
    const half = 11 * (1 - row / 74);
    bar(
      canvas,
      random,
      [327 - half, 430 - row],
      [327 + half + 0.5, 430 - row],
      3.4,
      hex(row % 4 < 2 ? "1b2c4d" : "2c4470"),
    );
  }
  bar(canvas, random, [324, 452], [329, 452], 8, hex("ffd451"), 1.7);
}

function bar(
  canvas: Canvas,
  random: Random,
  from: Point,
  to: Point,
  width: number,
  colour: Colour,
  thickness = 1,
): void {
  paintStroke(canvas, {
    path: [from, to],
    width,
    colour: jitter(random, colour, 0.03),
    seed: random.below(1e9),
    thickness,
  });
}

/** Flames of dark green that lick upwards. */
export function paintCypress(
  canvas: Canvas,
  random: Random,
  x: number,
  foot: number,
  height: number,
  half: number,
): void {
  for (let i = 0; i < 1500; i++) {
    const up = random.next();
    const spread = half * Math.sin(Math.PI * Math.min(1, up * 0.86 + 0.14)) ** 0.8 * (1 - 0.45 * up);
    const side = random.range(-1, 1);
    const sway = 9 * Math.sin(up * 5 + x);
    const lick = (px: number, py: number) =>
      -Math.PI / 2 + 0.5 * Math.sin(py / 24 + side * 2.4) - 0.35 * side * (up + 0.2) + 0.15 * Math.sin(px / 9);
    const tone = 0.5 * (0.5 - 0.5 * side) + 0.22 * Math.sin(side * 9 + up * 12) + 0.16 * random.normal();
    paintStroke(canvas, {
      path: followField(lick, x + side * spread + sway, foot - up * height, random.range(22, 52)),
      width: random.range(4, 8),
      colour: Math.abs(side) > 0.9 ? UMBER : jitter(random, ramp(CYPRESS, clamp(tone, 0, 1)), 0.02),
      seed: random.below(1e9),
      thickness: 1.2,
    });
  }
}

/** A colour as it comes from the brush, never twice the same; `amount` is a standard deviation. */
export function jitter(random: Random, colour: Colour, amount: number): Colour {
  const all = amount * random.normal();
  return [0, 1, 2].map((c) => clamp(colour[c]! + all + 0.6 * amount * random.normal(), 0, 1)) as unknown as Colour;
}
