import type { Mask } from "./objective/objective.ts";
import type { Picture, Size } from "./picture.ts";

/** A picture without its alpha, turned to the left by so many quarters. */
export function turnPicture({ width, height, rgb }: Picture, quarters: number): Picture {
  const { values, ...size } = turn({ width, height }, rgb, quarters);
  return { ...size, rgb: values };
}

/** A mask turned as `turnPicture()` does. */
export function turnMask({ width, height, values }: Mask, quarters: number): Mask {
  return turn({ width, height }, values, quarters);
}

function turn<T extends Uint8Array | Float32Array>(
  { width, height }: Size,
  values: T,
  quarters: number,
): Size & { values: T } {
  if (quarters === 0) return { width, height, values };
  const channels = values.length / (width * height);
  const turned = values.slice() as T;
  for (let y = 0; y < width; y++) {
    for (let x = 0; x < height; x++) {
      const [to, from] = [channels * (y * height + x), channels * (x * width + width - 1 - y)];
      for (let c = 0; c < channels; c++) turned[to + c] = values[from + c]!;
    }
  }
  return turn({ width: height, height: width }, turned, quarters - 1);
}
