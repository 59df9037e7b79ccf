/**
 * Keeping the content picture's colours: Gatys, Bethge, Hertzmann and Shechtman (2016), "Preserving Color in Neural
 * Artistic Style Transfer".
 *
 * @module
 */
import { FINE_STEP, fromFine, type Picture } from "../picture.ts";
import { type ColorStatistics, colorStatistics } from "./color_statistics.ts";
import { cholesky } from "./square_matrix.ts";

/** How far the channels of a grey pixel may be apart once it has been through a JPEG's YCbCr. */
const GREY_ROUNDING = 2;

/** Luma of NTSC's YIQ, for RGB in 0–255. */
export function luma(red: number, green: number, blue: number): number {
  return 0.299 * red + 0.587 * green + 0.114 * blue;
}

/** The picture in shades of grey: its luma in all three channels. */
export function toGrey(picture: Picture): Picture {
  const rgb = new Uint8Array(picture.rgb.length);
  for (let i = 0; i < rgb.length; i += 3) {
    rgb.fill(Math.round(luma(picture.rgb[i]!, picture.rgb[i + 1]!, picture.rgb[i + 2]!)), i, i + 3);
  }
  return { ...picture, rgb };
}

/** Whether a picture has no colour, but for the rounding of what it was decoded from. */
export function isGrey({ rgb }: Picture): boolean {
  for (let i = 0; i < rgb.length; i += 3) {
    const [red, green, blue] = [rgb[i]!, rgb[i + 1]!, rgb[i + 2]!];
    if (Math.max(red, green, blue) - Math.min(red, green, blue) > GREY_ROUNDING) return false;
  }
  return true;
}

/** The luma of `light`, in as many bits as it has, with the chroma (I and Q) of `color`; both of one size. */
export function combineLuma(light: Picture, color: Picture): Picture {
  if (light.rgb16) {
    const rgb16 = withLumaOf(light.rgb16, color.rgb, new Uint16Array(light.rgb16.length), FINE_STEP);
    return { ...light, rgb: fromFine(rgb16), rgb16 };
  }
  const rgb = withLumaOf(light.rgb, color.rgb, new Uint8ClampedArray(light.rgb.length), 1);
  return { ...light, rgb: new Uint8Array(rgb.buffer) };
}

/**
 * Fills `result` with the chroma of `color` in the luma of `light`, rounded and clamped.
 *
 * @param step Of values of `light` and `result`, in those of `color`.
 */
function withLumaOf<T extends Uint8ClampedArray | Uint16Array>(
  light: ArrayLike<number>,
  color: Uint8Array,
  result: T,
  step: number,
): T {
  for (let i = 0; i < result.length; i += 3) {
    // Chroma is what is left of RGB when the luma is taken away, so adding a difference of lumas keeps I and Q.
    const wanted = luma(light[i]!, light[i + 1]!, light[i + 2]!);
    const shift = wanted - step * luma(color[i]!, color[i + 1]!, color[i + 2]!);
    for (let c = 0; c < 3; c++) {
      result[i + c] = Math.min(255 * step, Math.max(0, Math.round(step * color[i + c]! + shift)));
    }
  }
  return result;
}

/**
 * `style` with the mean and covariance of the colours of `content`: x ↦ L_c L_s⁻¹ (x − μ_s) + μ_c, where L Lᵀ are the
 * covariances (the paper's Cholesky variant).
 */
export function matchColors(style: Picture, content: Picture): Picture {
  const [from, to] = [style, content].map(({ rgb, alpha }) => colorStatistics(rgb, alpha ?? null)) as [
    ColorStatistics,
    ColorStatistics,
  ];
  const [ls, lc] = [from, to].map(({ covariance }) => cholesky(covariance)) as [Float64Array, Float64Array];
  const rgb = new Uint8ClampedArray(style.rgb.length);
  const whitened = [0, 0, 0];
  for (let i = 0; i < rgb.length; i += 3) {
    for (let row = 0; row < 3; row++) {
      let value = style.rgb[i + row]! - from.mean[row]!;
      for (let k = 0; k < row; k++) value -= ls[3 * row + k]! * whitened[k]!;
      whitened[row] = value / ls[4 * row]!;
    }
    for (let row = 0; row < 3; row++) {
      let value = to.mean[row]!;
      for (let k = 0; k <= row; k++) value += lc[3 * row + k]! * whitened[k]!;
      rgb[i + row] = value;
    }
  }
  return { ...style, rgb: new Uint8Array(rgb.buffer) };
}
