import type { Picture } from "../../engine/picture.ts";
import { toPicture } from "../../engine/picture.ts";
import type { Random } from "../../engine/descent/random.ts";
import { between, fractalNoise, normal } from "./noise.ts";

/** RGB in 0–255, not clamped. */
export type Color = readonly [number, number, number];

/** A square picture being made, as floats, `3 * side * side` in HWC order. */
export class Canvas {
  readonly side: number;
  readonly rgb: Float32Array;

  constructor(side: number, color: Color = [0, 0, 0]) {
    this.side = side;
    this.rgb = new Float32Array(3 * side * side);
    for (let i = 0; i < this.rgb.length; i++) this.rgb[i] = color[i % 3]!;
  }

  set(pixel: number, color: Color, brighter = 0): void {
    for (let c = 0; c < 3; c++) this.rgb[3 * pixel + c] = color[c]! + brighter;
  }

  add(pixel: number, color: Color, factor: number): void {
    for (let c = 0; c < 3; c++) this.rgb[3 * pixel + c]! += color[c]! * factor;
  }

  /** Half the side, each pixel the mean of four: what is drawn twice as large comes out with soft edges. */
  halved(): Picture {
    const side = this.side / 2;
    const small = new Float32Array(3 * side * side);
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        for (let c = 0; c < 3; c++) {
          const at = 3 * (2 * y * this.side + 2 * x) + c;
          const below = at + 3 * this.side;
          small[3 * (y * side + x) + c] =
            (this.rgb[at]! + this.rgb[at + 3]! + this.rgb[below]! + this.rgb[below + 3]!) / 4;
        }
      }
    }
    return toPicture(small, { width: side, height: side });
  }
}

/**
 * A colour as natural scenes have them: any lightness, and a smaller, one-sided spread between orange and blue and
 * between green and magenta.
 */
export function naturalColor(random: Random): Color {
  const lightness = between(random, 10, 245);
  const saturation = -14 * (Math.log(1 - random.uniform()) + Math.log(1 - random.uniform()));
  const hue = between(random, 0, 2 * Math.PI);
  const [warm, green] = [saturation * Math.cos(hue), saturation * Math.sin(hue)];
  return [lightness + warm, lightness - 0.3 * warm + 0.25 * green, lightness - 0.8 * warm - 0.9 * green];
}

export function palette(random: Random, count: number): Color[] {
  return Array.from({ length: count }, () => naturalColor(random));
}

/** A colour near another. */
export function nearby(random: Random, color: Color, deviation: number): Color {
  return [
    color[0] + normal(random) * deviation,
    color[1] + normal(random) * deviation,
    color[2] + normal(random) * deviation,
  ];
}

/** Light and shade that fall over the whole picture, softly. */
export function light(random: Random, canvas: Canvas): void {
  if (random.uniform() < 0.4) return;
  const strength = between(random, 0.05, 0.35);
  const shade = fractalNoise(random, canvas.side, 0.3);
  for (let i = 0; i < canvas.rgb.length; i++) canvas.rgb[i]! *= Math.exp(strength * shade[Math.floor(i / 3)]!);
}
