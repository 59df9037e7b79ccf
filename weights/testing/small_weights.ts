import { CONV_LAYERS } from "../../engine/vgg16.ts";
import type { WritableTensor } from "./write_safetensors.ts";

/** conv1_1's kernel in all files of `testdata/`, by the closed form of `make_fixtures.py`. */
export function fixtureKernel(): Float32Array {
  return Float32Array.from({ length: 27 * 64 }, (_, i) => ((37 * i) % 101 - 50) / 16);
}

/** conv1_1's bias there. */
export function fixtureBias(): Float32Array {
  return Float32Array.from({ length: 64 }, (_, i) => (i - 32) / 8);
}

/** A file of `testdata/`. */
export function fixturePath(name: string): string {
  return new URL(`../testdata/${name}`, import.meta.url).pathname;
}

/** Arrays of the lowest convolutions under this project's own names, with values that tell layers and positions apart. */
export function lowestLayers(count: number): WritableTensor[] {
  return CONV_LAYERS.slice(0, count).flatMap(({ name, inChannels, outChannels }, layer) => {
    const values = Float32Array.from({ length: 9 * inChannels * outChannels }, (_, i) => ((i + layer) % 61 - 30) / 256);
    const bias = Float32Array.from({ length: outChannels }, (_, i) => (i % 7 - 3) / 4);
    return [
      { name: `${name}.weight`, shape: [3, 3, inChannels, outChannels], values },
      { name: `${name}.bias`, shape: [outChannels], values: bias },
    ];
  });
}
