import type { Picture, Size } from "../picture.ts";

/** A resize for tests: the pixel whose area holds the target pixel's centre. */
export function nearestResize({ width, height, rgb, alpha }: Picture, size: Size): Promise<Picture> {
  const opacity = alpha && new Uint8Array(size.width * size.height);
  const result = new Uint8Array(3 * size.width * size.height);
  for (let y = 0; y < size.height; y++) {
    const row = Math.floor(((y + 0.5) * height) / size.height) * width;
    for (let x = 0; x < size.width; x++) {
      const source = row + Math.floor(((x + 0.5) * width) / size.width);
      result.set(rgb.subarray(3 * source, 3 * source + 3), 3 * (y * size.width + x));
      if (opacity) opacity[y * size.width + x] = alpha[source]!;
    }
  }
  const resized = { width: size.width, height: size.height, rgb: result };
  return Promise.resolve(opacity ? { ...resized, alpha: opacity } : resized);
}
