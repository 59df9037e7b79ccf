import type { Point } from "../drawing/brush.ts";
import type { Canvas } from "../drawing/canvas.ts";
import { type Colour, hex, mixColours, palette } from "../drawing/colour.ts";
import { grain, vignette } from "../drawing/finish.ts";
import { clamp, smoothstep } from "../drawing/maths.ts";
import { Random } from "../drawing/random.ts";
import { disc, polygon, ring, type Shape } from "../drawing/shapes.ts";
import { around, BLACK, cloth, lay, stroke } from "./thin_paint.ts";

const PARCHMENT = palette("f3e6c8 ead3a4 e6dcc9 d9c3a5");
const INKS = palette("1c1b22 c8321f e7a41c 1f4fa3 2f8f8a 7b2d6b e56b2c 3b7f3f");
const WASHES = palette("f2b33d d9543a 4f86c6 8a5aa8 4fa39a e8879a a8c256");

/** Circles, wedges, grids and lines in balance on parchment, laid in thin paint. 720 × 576 points. */
export function drawGeometry(canvas: Canvas): void {
  const random = new Random(1926);
  canvas.fill((x, y) => {
    const cloud = cloth.fbm(x / 210, y / 190, 4);
    const base = mixColours(PARCHMENT[0]!, PARCHMENT[1]!, clamp(0.5 + cloud, 0, 1));
    return mixColours(base, PARCHMENT[3]!, 0.5 * smoothstep(0.1, 0.7, cloth.fbm(x / 90 + 8, y / 90, 5)));
  });
  for (let i = 0; i < 26; i++) wash(canvas, random);
  haloedDisc(canvas, 186, 166, 84);
  bigWedges(canvas);
  checkers(canvas, random);
  targets(canvas, random);
  fans(canvas, random);
  arcs(canvas, random);
  smallThings(canvas, random);
  weave(canvas);
  vignette(canvas, 0.16);
  grain(canvas, 0.03, 3);
}

function wash(canvas: Canvas, random: Random): void {
  const x = random.range(0, canvas.width);
  const y = random.range(0, canvas.height);
  const radius = random.range(40, 120);
  const colour = random.pick(WASHES);
  const strength = random.range(0.25, 0.6);
  canvas.visit(x - radius, y - radius, x + radius, y + radius, (px, py, pixel) => {
    const distance = Math.hypot(px - x, py - y) / radius + 0.3 * cloth.fbm(px / 40 + x, py / 40, 4);
    canvas.multiply(pixel, colour, strength * smoothstep(1, 0.25, distance));
  });
}

function haloedDisc(canvas: Canvas, x: number, y: number, radius: number): void {
  canvas.visit(x - 170, y - 170, x + 170, y + 170, (px, py, pixel) => {
    const out = (Math.hypot(px - x, py - y) - radius) / 62;
    if (out > 0) {
      canvas.multiply(
        pixel,
        mixColours(hex("e2574c"), hex("f6c25a"), smoothstep(0, 0.8, out)),
        0.85 * smoothstep(1, 0, out),
      );
    }
  });
  lay(canvas, around(x, y, radius), disc(x, y, radius), BLACK, 1, "BLEND");
  lay(canvas, around(x, y, radius), disc(x + 9, y - 6, radius * 0.66), hex("6a2f86"), 0.95, "BLEND");
  lay(canvas, around(x, y, radius), disc(x + 14, y - 10, radius * 0.43), hex("2b4fae"), 0.95, "BLEND");
  lay(canvas, around(x, y, radius), disc(x + 18, y - 13, radius * 0.22), hex("e0452c"), 1, "BLEND");
  lay(canvas, around(x, y, radius), disc(x + 21, y - 15, radius * 0.08), hex("f6e9c8"), 1, "BLEND");
  lay(canvas, around(x, y, 130), ring(x, y, 112, 1.6), BLACK, 0.9);
  lay(canvas, around(x, y, 140), ring(x, y, 121, 4.5), INKS[3]!, 0.7);
}

function bigWedges(canvas: Canvas): void {
  const wedges: readonly (readonly [Colour, number, readonly Point[]])[] = [
    [hex("3d78c2"), 0.75, [[330, 560], [470, 70], [560, 560]]],
    [hex("f0b429"), 0.8, [[60, 520], [420, 400], [250, 250]]],
    [hex("d8402b"), 0.8, [[520, 300], [700, 60], [690, 390]]],
    [hex("2f9c8c"), 0.7, [[560, 570], [716, 430], [716, 572]]],
    [hex("8e3f83"), 0.65, [[0, 330], [130, 576], [0, 576]]],
    [hex("e88a2c"), 0.7, [[300, 0], [420, 0], [350, 150]]],
  ];
  for (const [colour, opacity, points] of wedges) {
    lay(canvas, points, polygon(points), colour, opacity);
    points.forEach((from, i) => stroke(canvas, from, points[(i + 1) % points.length]!, 1.8));
  }
}

function checkers(canvas: Canvas, random: Random): void {
  for (
    const [x, y, angle, columns, rows, size] of [[575, 96, 0.4, 5, 6, 17], [226, 430, -0.35, 7, 4, 15], [
      30,
      300,
      0.15,
      3,
      7,
      14,
    ], [430, 470, 0.9, 4, 4, 18]] as const
  ) {
    const at = (column: number, row: number): Point => [
      x + size * (column * Math.cos(angle) - row * Math.sin(angle)),
      y + size * (column * Math.sin(angle) + row * Math.cos(angle)),
    ];
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const cell = [at(column, row), at(column + 1, row), at(column + 1, row + 1), at(column, row + 1)];
        const colour = (row + column) % 2 === 0 ? BLACK : random.chance(0.6) ? random.pick(INKS) : hex("f5ead2");
        lay(canvas, cell, polygon(cell), colour, 0.95, "BLEND");
      }
    }
  }
}

function targets(canvas: Canvas, random: Random): void {
  for (
    const [x, y, radius] of [
      [470, 176, 58],
      [628, 470, 64],
      [120, 420, 46],
      [340, 330, 34],
      [420, 62, 28],
      [690, 250, 30],
      [540, 380, 26],
      [60, 60, 34],
      [300, 520, 30],
    ] as const
  ) {
    const rings = 3 + random.below(3);
    for (let i = 0; i < rings; i++) {
      const r = radius * (1 - i / rings);
      const colour = i % 2 === 0 ? random.pick(INKS) : random.pick(WASHES);
      lay(canvas, around(x, y, r), disc(x, y, r), colour, 0.94, "BLEND");
      lay(canvas, around(x, y, r + 2), ring(x, y, r, 1.3), BLACK, 0.9);
    }
  }
}

function fans(canvas: Canvas, random: Random): void {
  for (
    const [x, y, length, start, sweep, count] of [[20, 556, 560, -0.95, 0.42, 7], [700, 20, 420, 2.05, 0.5, 8], [
      390,
      300,
      240,
      0.1,
      0.55,
      6,
    ], [250, 20, 330, 0.7, 0.3, 5]] as const
  ) {
    for (let i = 0; i < count; i++) {
      const angle = start + (sweep * i) / count;
      const reach = length * random.range(0.7, 1);
      stroke(
        canvas,
        [x, y],
        [x + reach * Math.cos(angle), y + reach * Math.sin(angle)],
        0.8,
        i % 3 === 2 ? random.pick(INKS) : BLACK,
        random.range(1.5, 6),
      );
    }
  }
}

function arcs(canvas: Canvas, random: Random): void {
  for (
    const [x, y, radius, from, to] of [
      [360, 420, 130, 3.3, 5.4],
      [560, 250, 96, 0.4, 2.4],
      [210, 330, 76, 1, 3.4],
      [640, 330, 120, 2.4, 4.2],
      [120, 250, 100, 5, 6.9],
      [470, 540, 90, 3.5, 5.6],
    ] as const
  ) {
    const colour = random.pick(INKS);
    for (let band = 0; band < 4; band++) {
      const shape = ring(x, y, radius - band * 9, band === 0 ? 5 : 2);
      const limited: Shape = (px, py) => {
        const turn = (Math.atan2(py - y, px - x) + 4 * Math.PI - from) % (2 * Math.PI);
        return turn < to - from ? shape(px, py) : Infinity;
      };
      lay(canvas, around(x, y, radius + 4), limited, band % 2 === 0 ? BLACK : colour, 0.92);
    }
  }
}

/** Bars, dots, zigzags and little crescents between the large forms. */
function smallThings(canvas: Canvas, random: Random): void {
  for (let i = 0; i < 120; i++) {
    const x = random.range(10, canvas.width - 10);
    const y = random.range(10, canvas.height - 10);
    const angle = random.range(0, 2 * Math.PI);
    const colour = random.pick(INKS);
    const [dx, dy] = [Math.cos(angle), Math.sin(angle)];
    const kind = random.below(4);
    if (kind === 0) {
      const r = random.range(3, 10);
      lay(canvas, around(x, y, r), disc(x, y, r), colour, 0.95, "BLEND");
      lay(canvas, around(x, y, r + 4), ring(x, y, r + 2.5, 0.9), BLACK, 0.9);
    } else if (kind === 1) {
      for (let bar = 0; bar < 5; bar++) {
        const [sx, sy] = [x - dy * bar * 6, y + dx * bar * 6];
        stroke(canvas, [sx, sy], [sx + dx * (30 - bar * 4), sy + dy * (30 - bar * 4)], 2.4, bar % 2 ? colour : BLACK);
      }
    } else if (kind === 2) {
      let from: Point = [x, y];
      for (let turn = 1; turn < 6; turn++) {
        const side = turn % 2 ? 6 : -6;
        const to: Point = [x + dx * turn * 9 - dy * side, y + dy * turn * 9 + dx * side];
        stroke(canvas, from, to, 1.8, colour);
        from = to;
      }
    } else {
      const r = random.range(7, 15);
      const cut = disc(x + dx * r * 0.45, y + dy * r * 0.45, r * 0.85);
      const whole = disc(x, y, r);
      lay(canvas, around(x, y, r), (px, py) => Math.max(whole(px, py), -cut(px, py)), colour, 0.95, "BLEND");
    }
  }
}

/** The canvas: threads up and across. */
function weave(canvas: Canvas): void {
  canvas.visit(0, 0, canvas.width, canvas.height, (x, y, pixel) => {
    const thread = Math.sin(x * 2.1 + 0.8 * cloth.at(x / 30, y / 7)) *
      Math.sin(y * 2.1 + 0.8 * cloth.at(x / 7, y / 30));
    const light = 1 + 0.04 * thread + 0.05 * cloth.fbm(x / 6, y / 6, 3);
    canvas.multiply(pixel, [light, light, light], 1);
  });
}
