import { type Picture, toPixels } from "../../engine/picture.ts";
import type { Backend } from "../../engine/backends/backend.ts";
import type { Matrix } from "../../engine/backends/onnx/matrix_product.ts";
import type { Random } from "../../engine/descent/random.ts";
import { BGR_MEAN, FEATURE_LAYERS, pooledSize } from "../../engine/vgg16.ts";

/** Feature maps of one picture, channel by channel. */
interface FeatureMaps {
  readonly side: number;
  readonly channels: number;
  readonly values: Float32Array;
}

/**
 * What convolution `layer` takes in, at random places of square pictures, the same number from each.
 *
 * @param backend With the layers below `layer`, in planar layout.
 * @returns A patch in each row: 3 × 3 × channels values in the order of a kernel's inputs.
 */
export async function samplePatches(
  backend: Backend,
  pictures: readonly Picture[],
  layer: string,
  count: number,
  random: Random,
): Promise<Matrix> {
  const each = Math.ceil(count / pictures.length);
  let patches: Float32Array | null = null;
  let columns = 0;
  for (const [number, picture] of pictures.entries()) {
    const { side, channels, values } = await inputOf(backend, picture, layer);
    columns = 9 * channels;
    patches ??= new Float32Array(each * pictures.length * columns);
    for (let i = 0; i < each; i++) {
      const x = Math.floor(random.uniform() * (side - 2));
      const y = Math.floor(random.uniform() * (side - 2));
      let to = (number * each + i) * columns;
      for (let k = 0; k < 9; k++) {
        const from = (y + Math.floor(k / 3)) * side + x + k % 3;
        for (let channel = 0; channel < channels; channel++) patches[to++] = values[channel * side * side + from]!;
      }
    }
  }
  return { rows: each * pictures.length, columns, values: patches ?? new Float32Array() };
}

async function inputOf(backend: Backend, picture: Picture, layer: string): Promise<FeatureMaps> {
  const at = FEATURE_LAYERS.findIndex(({ name }) => name === layer);
  if (at === 0) return plainInput(picture);
  const pooled = FEATURE_LAYERS[at - 1]!.kind === "pool";
  const below = FEATURE_LAYERS.slice(0, at).findLast((each) => each.kind === "conv")!;
  const values = (await backend.features(toPixels(picture), picture, [below.name], "MAX")).get(below.name)!;
  const channels = below.outChannels;
  const maps = { side: Math.sqrt(values.length / channels), channels, values };
  return pooled ? maxPool(maps) : maps;
}

/** The picture as the network takes it: BGR minus means, channel by channel. */
function plainInput({ width: side, rgb }: Picture): FeatureMaps {
  const area = side * side;
  const values = new Float32Array(3 * area);
  for (let channel = 0; channel < 3; channel++) {
    for (let i = 0; i < area; i++) values[channel * area + i] = rgb[3 * i + 2 - channel]! - BGR_MEAN[channel]!;
  }
  return { side, channels: 3, values };
}

function maxPool({ side, channels, values }: FeatureMaps): FeatureMaps {
  const half = pooledSize(side);
  const pooled = new Float32Array(channels * half * half);
  for (let channel = 0; channel < channels; channel++) {
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        const to = (channel * half + (y >> 1)) * half + (x >> 1);
        // Activations are never negative.
        pooled[to] = Math.max(pooled[to]!, values[(channel * side + y) * side + x]!);
      }
    }
  }
  return { side: half, channels, values: pooled };
}
