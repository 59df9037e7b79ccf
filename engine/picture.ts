/** A picture as it is decoded, shown and encoded: sRGB of 8 bits, rows from the top, no padding. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  /** `3 * width * height` bytes, RGB RGB …; where there is alpha, not multiplied by it. */
  readonly rgb: Uint8Array;
  /** `width * height` bytes, 0 where nothing is to be seen, 255 where all is. Left out: opaque. */
  readonly alpha?: Uint8Array;
  /** The same colours in 16 bits, of 0–65535, where they are known: `rgb` is a 257th of them, rounded. */
  readonly rgb16?: Uint16Array;
}

/** From a value of 8 bits to one of 16. */
export const FINE_STEP = 257;

/** Width and height in pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** The optimiser's picture, as floats: `3 * width * height` values in HWC order, RGB, 0–255 but not clamped. */
export type Pixels = Float32Array;

/** Scales `size` so that its longer side is `longest` pixels, keeping the aspect ratio; no side falls below 1. */
export function fitLongestSide(size: Size, longest: number): Size {
  const scale = longest / Math.max(size.width, size.height);
  return {
    width: Math.max(1, Math.round(size.width * scale)),
    height: Math.max(1, Math.round(size.height * scale)),
  };
}

/**
 * Rounds and clamps the optimiser's floats to a picture that can be shown.
 *
 * @param fine Whether it has 16 bits, too.
 */
export function toPicture(pixels: Pixels, { width, height }: Size, fine = false): Picture {
  // Uint8ClampedArray rounds half to even and clamps, exactly what is wanted.
  const clamped = new Uint8ClampedArray(pixels);
  const rgb = new Uint8Array(clamped.buffer);
  return fine ? { width, height, rgb, rgb16: toFine(pixels) } : { width, height, rgb };
}

/** Values of 0–255 with their fractions in 16 bits, rounded and clamped. */
export function toFine(values: ArrayLike<number>): Uint16Array {
  const fine = new Uint16Array(values.length);
  for (let i = 0; i < fine.length; i++) {
    fine[i] = Math.min(65_535, Math.max(0, Math.round(FINE_STEP * values[i]!)));
  }
  return fine;
}

/** Values of 16 bits in 8, rounded. */
export function fromFine(fine: Uint16Array): Uint8Array<ArrayBuffer> {
  const values = new Uint8Array(fine.length);
  for (let i = 0; i < values.length; i++) values[i] = Math.round(fine[i]! / FINE_STEP);
  return values;
}

/** Widens a picture to the floats that the optimiser works on. */
export function toPixels(picture: Picture): Pixels {
  return Float32Array.from(picture.rgb);
}
