/** A picture as it is decoded, shown and encoded: 8-bit sRGB, rows from the top, no padding. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  /** `3 * width * height` bytes, RGB RGB …; where there is alpha, not multiplied by it. */
  readonly rgb: Uint8Array;
  /** `width * height` bytes, 0 where nothing is to be seen, 255 where all is. Left out: opaque. */
  readonly alpha?: Uint8Array;
}

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

/** Rounds and clamps the optimiser's floats to a picture that can be shown. */
export function toPicture(pixels: Pixels, size: Size): Picture {
  // Uint8ClampedArray rounds half to even and clamps, exactly what is wanted.
  const clamped = new Uint8ClampedArray(pixels);
  return { width: size.width, height: size.height, rgb: new Uint8Array(clamped.buffer) };
}

/** Widens a picture to the floats that the optimiser works on. */
export function toPixels(picture: Picture): Pixels {
  return Float32Array.from(picture.rgb);
}
