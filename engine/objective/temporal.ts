import type { Pixels } from "../picture.ts";
import type { PixelTerm } from "./pixel_term.ts";

/**
 * The temporal loss of a frame of a moving picture: the mean over pixels and channels of c · (x − w)², with w what the frame
 * is to stay near to, and c how far it can be seen.
 *
 * Ruder, Dosovitskiy and Brox (2016), "Artistic style transfer for videos", equation 7.
 *
 * @param wanted The frame before, moved to where things are now.
 * @param visible A factor for each pixel: 1 for what the frame before has, 0 for what is new.
 */
export function temporalTerm(wanted: Pixels, visible: Float32Array): PixelTerm {
  return {
    goal: { kind: "temporal", wanted, visible },
    add(pixels, weight, gradient) {
      const scale = (2 * weight) / pixels.length;
      let sum = 0;
      for (let i = 0; i < pixels.length; i++) {
        const difference = pixels[i]! - wanted[i]!;
        const pull = visible[Math.floor(i / 3)]! * difference;
        sum += pull * difference;
        gradient[i]! += scale * pull;
      }
      return sum / pixels.length;
    },
  };
}
