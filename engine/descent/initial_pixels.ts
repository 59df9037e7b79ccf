import type { OptimisationInput, Resize } from "./input.ts";
import { type Pixels, type Size, toPixels } from "../picture.ts";
import { Random } from "./random.ts";
import { GramcastError } from "../../errors.ts";

/** Mean and deviation of the article's start picture, cut off at two deviations. */
const NOISE_MEAN = 127.5;
const NOISE_DEVIATION = 20;

/** The picture from which the first scale starts: noise, a picture, or a picture with noise mixed in. */
export async function initialPixels(input: OptimisationInput, size: Size, resize: Resize): Promise<Pixels> {
  const { init, seed } = input.options;
  const source = startPicture(input);
  const random = new Random(seed);
  if (!source) return noisePixels(size, random);
  const pixels = toPixels(await resize(source, size));
  if (init.noise === 0) return pixels;
  const noise = noisePixels(size, random);
  return pixels.map((value, i) => (1 - init.noise) * value + init.noise * noise[i]!);
}

/** The picture that the optimisation starts from, undefined for noise. */
export function startPicture({ options, content, styles, initPicture }: OptimisationInput) {
  switch (options.init.kind) {
    case "NOISE":
      return undefined;
    case "CONTENT":
      return content;
    case "STYLE":
      return styles[0]!.picture;
    case "IMAGE":
      if (initPicture) return initPicture;
      throw new GramcastError("BAD_USER_INPUT", "Cannot start from init kind IMAGE: no image was given", {
        field: "init.image",
      });
  }
}

function noisePixels(size: Size, random: Random): Pixels {
  const noise = () => NOISE_MEAN + NOISE_DEVIATION * random.truncatedNormal();
  return Float32Array.from({ length: 3 * size.width * size.height }, noise);
}
