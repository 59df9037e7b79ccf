import type { Picture, Size } from "../picture.ts";

/** A resize for tests: the pixel whose area holds the target pixel's centre. */
export function nearestResize({ width, height, rgb }: Picture, size: Size): Promise<Picture> {
  const result = new Uint8Array(3 * size.width * size.height);
  for (let y = 0; y < size.height; y++) {
    const row = Math.floor(((y + 0.5) * height) / size.height) * width;
    for (let x = 0; x < size.width; x++) {
      const source = 3 * (row + Math.floor(((x + 0.5) * width) / size.width));
      result.set(rgb.subarray(source, source + 3), 3 * (y * size.width + x));
    }
  }
  return Promise.resolve({ width: size.width, height: size.height, rgb: result });
}
