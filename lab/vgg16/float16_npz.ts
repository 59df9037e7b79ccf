/**
 * VGG16's convolutions in half the space: kernels rounded to float16, biases as they are, in NumPy's .npz.
 *
 * @module
 */
import { Uint8ArrayReader, Uint8ArrayWriter, ZipWriter } from "@zip.js/zip.js";
import type { ConvParameters } from "../../engine/vgg16.ts";

/** One array of an archive, in C order. */
interface NamedArray {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array | Float16Array;
}

/** Dates of entries, so that the same parameters give the same bytes. */
const DATE = new Date(1980, 0, 1);

/**
 * The bytes of an archive with `convX_Y_W` (HWIO, float16, rounded to the nearest, ties to even) and `convX_Y_b` (float32)
 * for every convolution that there is.
 */
export async function writeFloat16Npz(convs: ReadonlyMap<string, ConvParameters>): Promise<Uint8Array<ArrayBuffer>> {
  const zip = new ZipWriter(new Uint8ArrayWriter(), {
    useWebWorkers: false,
    lastModDate: DATE,
    extendedTimestamp: false,
  });
  for (const [layer, { kernel, bias }] of convs) {
    const outChannels = bias.length;
    const shape = [3, 3, kernel.length / (9 * outChannels), outChannels];
    for (
      const array of [
        { name: `${layer}_W`, shape, values: new Float16Array(kernel) },
        { name: `${layer}_b`, shape: [outChannels], values: bias },
      ]
    ) await zip.add(`${array.name}.npy`, new Uint8ArrayReader(npyBytes(array)));
  }
  return await zip.close() as Uint8Array<ArrayBuffer>;
}

/** NumPy's .npy, version 1.0: magic, version, length of the header, header padded to 64 bytes, values. */
function npyBytes({ shape, values }: NamedArray): Uint8Array {
  const sides = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const type = values instanceof Float16Array ? "<f2" : "<f4";
  const header = `{'descr': '${type}', 'fortran_order': False, 'shape': (${sides}), }`;
  const start = Math.ceil((10 + header.length + 1) / 64) * 64;
  const bytes = new Uint8Array(start + values.byteLength);
  bytes.set([0x93, ...new TextEncoder().encode("NUMPY"), 1, 0]);
  new DataView(bytes.buffer).setUint16(8, start - 10, true);
  bytes.set(new TextEncoder().encode(`${header.padEnd(start - 11)}\n`), 10);
  bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), start);
  return bytes;
}
