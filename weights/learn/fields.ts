import type { Random } from "../../engine/descent/random.ts";
import { Canvas, type Color, naturalColor, palette } from "./canvas.ts";
import { between, fractalNoise, wholeBetween } from "./noise.ts";

/** One to three gratings, smooth or hard, bent by slow noise. */
export function gratings(random: Random, side: number): Canvas {
  const [ground, first, second] = palette(random, 3) as [Color, Color, Color];
  const canvas = new Canvas(side, ground);
  const bend = between(random, 0, 12);
  const bendX = fractalNoise(random, side, 0.35);
  const bendY = fractalNoise(random, side, 0.35);
  for (let grating = wholeBetween(random, 1, 3); grating > 0; grating--) {
    const wave = (2 * Math.PI) / (3 * (40 / 3) ** random.uniform());
    const angle = between(random, 0, Math.PI);
    const hard = random.uniform() < 0.5;
    const towards = grating % 2 === 0 ? second : first;
    const height = between(random, 0.2, 0.6);
    const difference: Color = [towards[0] - ground[0], towards[1] - ground[1], towards[2] - ground[2]];
    for (let y = 0, pixel = 0; y < side; y++) {
      for (let x = 0; x < side; x++, pixel++) {
        const along = (x + bend * bendX[pixel]!) * Math.cos(angle) + (y + bend * bendY[pixel]!) * Math.sin(angle);
        const value = Math.sin(wave * along);
        canvas.add(pixel, difference, height * (hard ? Math.tanh(4 * value) : value));
      }
    }
  }
  return canvas;
}

/** Clouds: fractal noise in lightness and, weaker, in colour. */
export function clouds(random: Random, side: number): Canvas {
  const canvas = new Canvas(side, naturalColor(random));
  const roughness = between(random, 0.35, 0.75);
  const stretch = random.uniform() < 0.4 ? between(random, 1, 3) : 1;
  const [bright, colored] = [between(random, 20, 60), between(random, 5, 20)];
  const layers: [Color, number][] = [[[1, 1, 1], bright], [[1, -0.3, -0.8], colored], [[0, 0.25, -0.9], colored]];
  for (const [color, height] of layers) {
    const noise = fractalNoise(random, side, roughness, stretch);
    for (let pixel = 0; pixel < noise.length; pixel++) canvas.add(pixel, color, height * noise[pixel]!);
  }
  return canvas;
}
