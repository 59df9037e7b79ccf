import type { Canvas } from "../drawing/canvas.ts";
import { type Colour, hex, mixColours } from "../drawing/colour.ts";
import { clamp, smoothstep } from "../drawing/maths.ts";
import { cellValue, Noise } from "../drawing/noise.ts";

const PAPER = hex("efe3c6");
const INDIGO = hex("16305e");
const BLUE = hex("3c6ea0");
const PALE = hex("a9c4c4");
const RED = hex("d2452c");
const INK = hex("101a33");
const OCHRE = hex("e2b866");
const SUN = { x: 232, y: 170, radius: 74 };
const PEAK = { x: 498, y: 138 };
/** Where the sea begins, in points from the top. */
const SEA = 310;

const grainOfWood = new Noise(1831);
const hand = new Noise(1832);

/** A print from carved blocks: a red sun in rays, a snowy peak, rows upon rows of curling waves. 720 × 560 points. */
export function drawWoodcutWaves(canvas: Canvas): void {
  canvas.fill((x, y) => {
    // The knife is steady but not perfect.
    const kx = x + 0.9 * hand.fbm(x / 9, y / 9, 2);
    const ky = y + 0.9 * hand.fbm(x / 9 + 40, y / 9, 2);
    const printed = y < seaLevel(x) ? skyColour(kx, ky) : seaColour(kx, ky);
    return onPaper(printed, x, y);
  });
}

/** Paper fibres, and the wood's grain where the ink lies thin. */
function onPaper(colour: Colour, x: number, y: number): Colour {
  const grain = grainOfWood.fbm(x / 90, y / 2.6 + 3 * grainOfWood.at(x / 140, y / 60), 4);
  const thin = smoothstep(0.12, 0.62, grain) * 0.3 + 0.06 * grainOfWood.at(x / 1.4, y / 1.4);
  const fibre = 0.035 * grainOfWood.at(x / 11, y / 1.2) + 0.03 * (cellValue(x * 2, y * 2, 4) - 0.5);
  const printed = mixColours(colour, PAPER, clamp(thin, 0, 0.45));
  return [printed[0] + fibre, printed[1] + fibre, printed[2] + fibre * 0.8];
}

function seaLevel(x: number): number {
  return SEA + 7 * Math.sin(x / 63) + 4 * Math.sin(x / 23);
}

/** 1 on a carved line, 0 between; `position` counts lines, `share` is how much of the way is line. */
function line(position: number, share: number): number {
  const off = Math.abs(position - Math.round(position));
  return smoothstep(share / 2 + 0.05, share / 2 - 0.05, off);
}

function skyColour(x: number, y: number): Colour {
  const mountain = mountainColour(x, y);
  if (mountain) return mountain;
  const dx = x - SUN.x;
  const dy = y - SUN.y;
  const distance = Math.hypot(dx, dy);
  if (distance < SUN.radius) {
    const rings = line(distance / 6.2, 0.16 + 0.5 * smoothstep(-40, 90, dy));
    return mixColours(RED, mixColours(RED, OCHRE, 0.75), rings * 0.8);
  }
  if (distance < SUN.radius + 4) return INK;
  const cloud = cloudColour(x, y);
  if (cloud) return cloud;
  const turn = (Math.atan2(dy, dx) / (2 * Math.PI)) * 56;
  const ray = line(turn + 0.06 * Math.sin(distance / 21), 0.5);
  // Within a ray fine lines, further out ever thinner: the sky darkens away from the sun.
  const fine = line(turn * 4, clamp(0.12 + distance / 900, 0.1, 0.72));
  const far = smoothstep(90, 460, distance);
  const light = mixColours(mixColours(PAPER, OCHRE, 0.55 * (1 - far)), PALE, 0.75 * far);
  const dark = mixColours(mixColours(OCHRE, PALE, 0.6), BLUE, far);
  return mixColours(mixColours(light, dark, ray), mixColours(BLUE, INDIGO, far), fine * 0.85);
}

/** Long clouds with round ends, outlined, hatched below. */
function cloudColour(x: number, y: number): Colour | undefined {
  const clouds = [[70, 62, 118], [390, 58, 96], [640, 92, 120], [92, 258, 140], [650, 236, 92], [392, 232, 74], [
    330,
    286,
    104,
  ], [690, 26, 70]] as const;
  for (const [cx, cy, half] of clouds) {
    for (const [shift, drop, reach] of [[0, 0, 1], [0.35, 11, 0.72], [-0.3, -10, 0.55]] as const) {
      const along = Math.max(0, Math.abs(x - cx - shift * half) - half * reach + 8);
      const off = Math.hypot(along, y - cy - drop) - 7.5;
      if (off > 0) continue;
      if (off > -1.7) return INK;
      const hatch = line((y - cy) / 3.1 + 0.2 * Math.sin(x / 12), 0.34) * smoothstep(-3, 5, y - cy - drop);
      return mixColours(PAPER, INDIGO, hatch);
    }
  }
  return undefined;
}

function mountainColour(x: number, y: number): Colour | undefined {
  const off = x - PEAK.x;
  const side = Math.abs(off);
  const slope = PEAK.y + (side < 16 ? 4 + 2 * Math.sin(off / 3) : 0.5 * side + 0.0021 * side * side - 2);
  const crest = slope + 3 * hand.at(x / 13, 3);
  if (y < crest) return undefined;
  if (y < crest + 2.2) return INK;
  const depth = y - PEAK.y;
  const snow = 56 + 26 * Math.sin(off / 9) + 18 * Math.sin(off / 4.1 + 1);
  // Lines fall from the summit like streams.
  const fall = (off / (depth + 26)) * 21;
  const shaded = off > 0 ? 0.6 : 0.22;
  if (depth < snow) return mixColours(PAPER, INDIGO, line(fall, shaded * 0.55) * smoothstep(2, 30, depth));
  const body = mixColours(BLUE, INDIGO, smoothstep(60, 190, depth));
  return mixColours(body, off > 0 ? INK : PALE, line(fall * 1.5 + 0.3 * hand.at(x / 20, y / 20), 0.42));
}

/** Rows of overlapping fans of arcs, larger towards the viewer, heaving with the swell; the crests break into foam. */
function seaColour(x: number, y: number): Colour {
  const swell = 9 * Math.sin(x / 83 + y / 70) + 5 * Math.sin(x / 37 - y / 40);
  const depth = y - SEA + swell * smoothstep(0, 60, y - SEA) + 12;
  // Rows grow geometrically: position in rows is a logarithm.
  const growth = 1.135;
  const rowAt = (row: number) => (11 * (growth ** row - 1)) / (growth - 1);
  const position = Math.log(1 + (Math.max(depth, 0) * (growth - 1)) / 11) / Math.log(growth);
  // The fan in front covers those behind; a fan reaches up two and a half rows.
  for (let row = Math.ceil(position) + 3; row >= Math.floor(position); row--) {
    const radius = 15.5 * growth ** row;
    const spacing = radius * 1.62;
    const shift = (row % 2) * 0.5 + 0.13 * Math.sin(row * 2.3);
    const column = Math.round((x + 60) / spacing - shift);
    const cx = (column + shift) * spacing - 60;
    const lift = radius * 0.24 * (cellValue(column, row, 8) - 0.5);
    const cy = rowAt(row) + lift;
    const distance = Math.hypot(x - cx, depth - cy) / radius;
    if (distance < 1 && depth < cy + 0.2 * radius) return fanColour(x - cx, depth - cy, distance, radius, column, row);
  }
  return INDIGO;
}

function fanColour(dx: number, dy: number, distance: number, radius: number, column: number, row: number): Colour {
  const angle = Math.atan2(-dy, dx);
  const seed = cellValue(column, row, 31);
  const outline = 1.5 / radius;
  // Foam: the rim is scalloped into claws.
  const claws = 7 + Math.floor(seed * 4);
  const scallop = 0.84 + 0.045 * Math.abs(Math.sin(angle * claws + seed * 6)) - 0.05 * seed;
  if (distance > 1 - outline) return INK;
  if (distance > scallop) {
    const dot = Math.hypot((angle * claws) / Math.PI % 1 - 0.5, (distance - 0.93) * 9);
    return dot < 0.2 ? BLUE : PAPER;
  }
  if (distance > scallop - 1.3 * outline) return INK;
  const bands = distance * 6.5 + 0.5 * seed;
  const share = 0.2 + 0.34 * smoothstep(0.9, 0.1, distance);
  const inner = mixColours(mixColours(BLUE, PALE, 0.35 * seed), INDIGO, smoothstep(0.95, 0.25, distance));
  const lines = line(bands + 0.12 * Math.sin(angle * 5), share);
  const strokes = line((angle * radius * 0.55) / Math.max(2, 14 * distance), 0.3) * smoothstep(0.25, 0.6, distance) *
    smoothstep(0.84, 0.6, distance);
  const carved = mixColours(inner, PAPER, lines * 0.92);
  return mixColours(carved, INK, strokes * 0.55 * (1 - lines));
}
