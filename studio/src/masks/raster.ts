import { fitLongestSide, type Size } from "../../../engine/picture.ts";

/** Longest side of a mask in pixels: finer than any brush, and still a small file. */
export const LONGEST_SIDE = 1024;
/** Below it, the edge of a brush would be seen as steps. */
const SHORTEST_SIDE = 256;

/** A place in pixels of the mask; whole numbers are corners of pixels. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Whole pixels from `left` and `top` on, up to but without `right` and `bottom`. */
export interface Rect {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** How large the mask of a picture is: in its shape, whatever its size, at most `LONGEST_SIDE`. */
export function maskSize(picture: Size): Size {
  const longest = Math.max(picture.width, picture.height);
  return fitLongestSide(picture, Math.min(Math.max(longest, SHORTEST_SIDE), LONGEST_SIDE));
}

/** How much each pixel counts, from 0 for not at all to 255; row by row. Nothing does at first. */
export class MaskRaster implements Size {
  readonly width: number;
  readonly height: number;
  readonly values: Uint8Array;

  constructor({ width, height }: Size) {
    this.width = width;
    this.height = height;
    this.values = new Uint8Array(width * height);
  }

  get whole(): Rect {
    return { left: 0, top: 0, right: this.width, bottom: this.height };
  }

  /** How much of it counts, 0 to 1. */
  get share(): number {
    return this.values.reduce((sum, value) => sum + value, 0) / 255 / this.values.length;
  }

  get isEmpty(): boolean {
    return this.values.every((value) => value === 0);
  }

  /** How much the pixel at a place counts, 0 to 255; outside, what the nearest does. */
  at({ x, y }: Point): number {
    const column = Math.min(Math.max(Math.floor(x), 0), this.width - 1);
    const row = Math.min(Math.max(Math.floor(y), 0), this.height - 1);
    return this.values[row * this.width + column]!;
  }

  /** The values of a part, row by row. */
  copy({ left, top, right, bottom }: Rect): Uint8Array {
    const part = new Uint8Array((right - left) * (bottom - top));
    for (let y = top; y < bottom; y++) {
      part.set(this.values.subarray(y * this.width + left, y * this.width + right), (y - top) * (right - left));
    }
    return part;
  }

  /** Puts values such as `copy()` gives. */
  put({ left, top, right, bottom }: Rect, part: Uint8Array): void {
    for (let y = top; y < bottom; y++) {
      this.values.set(part.subarray((y - top) * (right - left), (y - top + 1) * (right - left)), y * this.width + left);
    }
  }
}

/** What covers both. */
export function union(a: Rect, b: Rect): Rect {
  return {
    left: Math.min(a.left, b.left),
    top: Math.min(a.top, b.top),
    right: Math.max(a.right, b.right),
    bottom: Math.max(a.bottom, b.bottom),
  };
}
