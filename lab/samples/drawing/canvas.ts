import type { Picture } from "../../../engine/picture.ts";
import type { Colour } from "./colour.ts";
import { clamp } from "./maths.ts";

/**
 * A sheet of floats to draw on. Coordinates are points: one point is one pixel of the finished picture at its full size,
 * y grows downwards. `scale` pixels stand for a point on each side; the finished picture is their average.
 */
export class Canvas {
  /** In points. */
  readonly width: number;
  readonly height: number;
  readonly scale: number;
  /** In pixels of the sheet. */
  readonly columns: number;
  readonly rows: number;
  /** `3 * columns * rows` values, RGB, 0 to 1, above for light. */
  readonly rgb: Float32Array;
  /** Height of the paint on each pixel, 0 for a bare sheet; `lightRelief` makes it visible. */
  readonly relief: Float32Array;

  constructor(width: number, height: number, scale: number) {
    this.width = width;
    this.height = height;
    this.scale = scale;
    this.columns = Math.round(width * scale);
    this.rows = Math.round(height * scale);
    this.rgb = new Float32Array(3 * this.columns * this.rows);
    this.relief = new Float32Array(this.columns * this.rows);
  }

  /** Sets every pixel to what `shader` gives for its middle, in points. */
  fill(shader: (x: number, y: number) => Colour): void {
    for (let row = 0, at = 0; row < this.rows; row++) {
      for (let column = 0; column < this.columns; column++, at += 3) {
        const [red, green, blue] = shader((column + 0.5) / this.scale, (row + 0.5) / this.scale);
        this.rgb[at] = red;
        this.rgb[at + 1] = green;
        this.rgb[at + 2] = blue;
      }
    }
  }

  /**
   * Visits the pixels of a rectangle given in points, as far as it lies on the sheet.
   *
   * @param visit Gets the middle of each pixel in points, and the pixel's number.
   */
  visit(
    left: number,
    top: number,
    right: number,
    bottom: number,
    visit: (x: number, y: number, pixel: number) => void,
  ) {
    const firstColumn = Math.max(0, Math.floor(left * this.scale));
    const lastColumn = Math.min(this.columns - 1, Math.ceil(right * this.scale));
    const firstRow = Math.max(0, Math.floor(top * this.scale));
    const lastRow = Math.min(this.rows - 1, Math.ceil(bottom * this.scale));
    for (let row = firstRow; row <= lastRow; row++) {
      for (let column = firstColumn; column <= lastColumn; column++) {
        visit((column + 0.5) / this.scale, (row + 0.5) / this.scale, row * this.columns + column);
      }
    }
  }

  /** Lays a colour over a pixel; `opacity` from 0 to 1. */
  blend(pixel: number, colour: Colour, opacity: number): void {
    const at = 3 * pixel;
    for (let c = 0; c < 3; c++) this.rgb[at + c]! += (colour[c]! - this.rgb[at + c]!) * opacity;
  }

  /** Adds light to a pixel. */
  add(pixel: number, colour: Colour, strength: number): void {
    const at = 3 * pixel;
    for (let c = 0; c < 3; c++) this.rgb[at + c]! += colour[c]! * strength;
  }

  /** Takes light away from a pixel as a transparent paint does. */
  multiply(pixel: number, colour: Colour, opacity: number): void {
    const at = 3 * pixel;
    for (let c = 0; c < 3; c++) this.rgb[at + c]! *= 1 + (colour[c]! - 1) * opacity;
  }

  /** Colour of the pixel at a point; points beyond the edge give the edge's. */
  colourAt(x: number, y: number): Colour {
    const column = clamp(Math.floor(x * this.scale), 0, this.columns - 1);
    const row = clamp(Math.floor(y * this.scale), 0, this.rows - 1);
    const at = 3 * (row * this.columns + column);
    return [this.rgb[at]!, this.rgb[at + 1]!, this.rgb[at + 2]!];
  }

  /** The finished picture: where `scale` is a whole number above 1, blocks of pixels are averaged. */
  toPicture(): Picture {
    const block = this.scale > 1 ? Math.floor(this.scale) : 1;
    const width = Math.floor(this.columns / block);
    const height = Math.floor(this.rows / block);
    const rgb = new Uint8Array(3 * width * height);
    for (let i = 0; i < rgb.length; i++) {
      const channel = i % 3;
      const x = ((i - channel) / 3) % width;
      const y = Math.floor(i / (3 * width));
      let sum = 0;
      for (let dy = 0; dy < block; dy++) {
        for (let dx = 0; dx < block; dx++) {
          sum += clamp(this.rgb[3 * ((y * block + dy) * this.columns + x * block + dx) + channel]!, 0, 1);
        }
      }
      rgb[i] = Math.round((255 * sum) / (block * block));
    }
    return { width, height, rgb };
  }
}
