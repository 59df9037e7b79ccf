import { clamp, fade } from "./maths.ts";

/** Eight directions of unit length. */
const DIAGONAL = Math.SQRT1_2;
const GRADIENTS = [
  1,
  0,
  -1,
  0,
  0,
  1,
  0,
  -1,
  DIAGONAL,
  DIAGONAL,
  -DIAGONAL,
  DIAGONAL,
  DIAGONAL,
  -DIAGONAL,
  -DIAGONAL,
  -DIAGONAL,
];

/** A well mixed 32-bit number for a cell of the plane. */
export function hashCell(x: number, y: number, seed: number): number {
  let h = Math.imul(x | 0, 0x27d4eb2d) ^ Math.imul(y | 0, 0x165667b1) ^ Math.imul(seed | 0, 0x9e3779b1);
  h = Math.imul(h ^ (h >>> 15), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** As `hashCell`, from 0 up to but without 1. */
export function cellValue(x: number, y: number, seed: number): number {
  return hashCell(x, y, seed) / 2 ** 32;
}

/** Gradient noise over the plane, and its usual sums; reproducible from a seed. */
export class Noise {
  readonly #seed: number;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** Smooth noise from about -1 to 1 with features about 1 wide. */
  at(x: number, y: number): number {
    const left = Math.floor(x);
    const top = Math.floor(y);
    const dx = x - left;
    const dy = y - top;
    const u = fade(dx);
    const v = fade(dy);
    const upper = mixed(this.#corner(left, top, dx, dy), this.#corner(left + 1, top, dx - 1, dy), u);
    const lower = mixed(this.#corner(left, top + 1, dx, dy - 1), this.#corner(left + 1, top + 1, dx - 1, dy - 1), u);
    return 1.5 * mixed(upper, lower, v);
  }

  /** Octaves of noise, each twice as fine and `gain` as strong as the one before; from about -1 to 1. */
  fbm(x: number, y: number, octaves: number, gain = 0.5): number {
    let sum = 0;
    let strength = 1;
    let total = 0;
    for (let octave = 0; octave < octaves; octave++) {
      sum += strength * this.at(x + 17.3 * octave, y - 9.1 * octave);
      total += strength;
      strength *= gain;
      x *= 2.03;
      y *= 2.03;
    }
    return sum / total;
  }

  /** Sharp crests, as mountains have: 0 in the valleys to 1 on the ridges. */
  ridged(x: number, y: number, octaves: number): number {
    let sum = 0;
    let strength = 1;
    let total = 0;
    let weight = 1;
    for (let octave = 0; octave < octaves; octave++) {
      const crest = (1 - Math.abs(this.at(x + 31.7 * octave, y + 11.9 * octave))) ** 2;
      sum += strength * weight * crest;
      total += strength;
      weight = clamp(crest * 1.4, 0, 1);
      strength *= 0.5;
      x *= 2.07;
      y *= 2.07;
    }
    return sum / total;
  }

  #corner(x: number, y: number, dx: number, dy: number): number {
    const direction = 2 * (hashCell(x, y, this.#seed) & 7);
    return GRADIENTS[direction]! * dx + GRADIENTS[direction + 1]! * dy;
  }
}

function mixed(a: number, b: number, share: number): number {
  return a + (b - a) * share;
}
