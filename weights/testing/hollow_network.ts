import { type ConvParameters, DENSE_LAYERS } from "../../engine/vgg16.ts";

/**
 * A .safetensors file with convolutions and with fc6 to fc8, whose values are all zero: a hole, so that their 495 MB take
 * no space.
 *
 * @returns Its path, which the caller removes.
 */
export async function writeHollowNetwork(convs: ReadonlyMap<string, ConvParameters>): Promise<string> {
  const header: Record<string, unknown> = {};
  let offset = 0;
  const lay = (name: string, shape: readonly number[]) => {
    const bytes = 4 * shape.reduce((product, side) => product * side, 1);
    header[name] = { dtype: "F32", shape, data_offsets: [offset, offset + bytes] };
    offset += bytes;
  };
  const solid: Float32Array<ArrayBuffer>[] = [];
  for (const [name, { kernel, bias }] of convs) {
    lay(`${name}.weight`, [3, 3, kernel.length / bias.length / 9, bias.length]);
    lay(`${name}.bias`, [bias.length]);
    solid.push(Float32Array.from(kernel), Float32Array.from(bias));
  }
  for (const { name, inUnits, outUnits } of DENSE_LAYERS) {
    lay(`${name}.weight`, [inUnits, outUnits]);
    lay(`${name}.bias`, [outUnits]);
  }
  const head = new TextEncoder().encode(JSON.stringify(header));
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(head.length), true);
  const path = await Deno.makeTempFile({ suffix: ".safetensors" });
  await Deno.writeFile(path, await new Blob([length, head, ...solid]).bytes());
  await Deno.truncate(path, 8 + head.length + offset);
  return path;
}
