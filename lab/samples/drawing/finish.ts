import type { Canvas } from "./canvas.ts";
import { clamp, smoothstep } from "./maths.ts";
import { cellValue } from "./noise.ts";

/** Blurs `values` (one channel of `columns` × `rows`) in place, about as a Gaussian of this radius in pixels does. */
export function blur(values: Float32Array, columns: number, rows: number, radius: number): void {
  const reach = Math.max(1, Math.round(radius * 0.85));
  const line = new Float32Array(Math.max(columns, rows));
  for (let pass = 0; pass < 3; pass++) {
    for (let row = 0; row < rows; row++) boxBlur(values, row * columns, 1, columns, reach, line);
    for (let column = 0; column < columns; column++) boxBlur(values, column, columns, rows, reach, line);
  }
}

function boxBlur(
  values: Float32Array,
  start: number,
  stride: number,
  count: number,
  reach: number,
  line: Float32Array,
) {
  for (let i = 0; i < count; i++) line[i] = values[start + i * stride]!;
  let sum = 0;
  for (let i = -reach; i <= reach; i++) sum += line[clamp(i, 0, count - 1)]!;
  for (let i = 0; i < count; i++) {
    values[start + i * stride] = sum / (2 * reach + 1);
    sum += line[Math.min(i + reach + 1, count - 1)]! - line[Math.max(i - reach, 0)]!;
  }
}

/** Lets what is brighter than `threshold` shine over its surroundings. `radius` in points. */
export function bloom(canvas: Canvas, threshold: number, radius: number, strength: number): void {
  const { rgb, columns, rows } = canvas;
  const channel = new Float32Array(columns * rows);
  for (let c = 0; c < 3; c++) {
    for (let i = 0; i < channel.length; i++) channel[i] = Math.max(0, rgb[3 * i + c]! - threshold);
    blur(channel, columns, rows, radius * canvas.scale);
    for (let i = 0; i < channel.length; i++) rgb[3 * i + c]! += strength * channel[i]!;
  }
}

/** Shows the height of the paint as if light fell on it from the upper left. */
export function lightRelief(canvas: Canvas, strength: number, gloss: number): void {
  const { rgb, relief, columns, rows, scale } = canvas;
  blur(relief, columns, rows, 0.35 * scale);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const at = row * columns + column;
      const right = relief[row * columns + Math.min(column + 1, columns - 1)]!;
      const below = relief[Math.min(row + 1, rows - 1) * columns + column]!;
      const slope = scale * (0.6 * (right - relief[at]!) + 0.8 * (below - relief[at]!));
      const shade = clamp(1 + strength * slope, 0.55, 1.45);
      const shine = gloss * smoothstep(0.25, 0.9, slope);
      for (let c = 0; c < 3; c++) rgb[3 * at + c] = rgb[3 * at + c]! * shade + shine;
    }
  }
}

/** Darkens towards the corners. */
export function vignette(canvas: Canvas, strength: number): void {
  const { rgb, columns, rows } = canvas;
  for (let i = 0; i < columns * rows; i++) {
    const x = (i % columns) / columns - 0.5;
    const y = Math.floor(i / columns) / rows - 0.5;
    const factor = 1 - strength * smoothstep(0.1, 0.55, x * x + y * y);
    for (let c = 0; c < 3; c++) rgb[3 * i + c]! *= factor;
  }
}

/** Even noise of one point's size, as film has. */
export function grain(canvas: Canvas, strength: number, seed: number): void {
  const { rgb, columns, rows, scale } = canvas;
  for (let i = 0; i < columns * rows; i++) {
    const x = Math.floor((i % columns) / scale);
    const y = Math.floor(Math.floor(i / columns) / scale);
    const amount = strength * (cellValue(x, y, seed) - 0.5);
    for (let c = 0; c < 3; c++) rgb[3 * i + c]! += amount;
  }
}

/** Compresses light above the knee so that it fades to white instead of clipping. */
export function softClip(canvas: Canvas, knee = 0.8): void {
  const room = 1 - knee;
  for (let i = 0; i < canvas.rgb.length; i++) {
    const value = canvas.rgb[i]!;
    if (value > knee) canvas.rgb[i] = knee + room * (1 - Math.exp((knee - value) / room));
  }
}
