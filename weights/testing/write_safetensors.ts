import { elementCount } from "../formats/tensor.ts";

/** An array to write, as `F32`, `F16`, or, which no reader takes, `I8`. */
export interface WritableTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array | Float16Array | Int8Array;
}

/** The bytes of a .safetensors file. Arrays are laid out in the order given, larger elements should come first. */
export function writeSafetensors(
  tensors: readonly WritableTensor[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  const header: Record<string, unknown> = { __metadata__: metadata };
  let offset = 0;
  for (const { name, shape, values } of tensors) {
    const dtype = values instanceof Float32Array ? "F32" : values instanceof Float16Array ? "F16" : "I8";
    if (elementCount(shape) !== values.length) throw new RangeError(`${name} has ${values.length} values`);
    header[name] = { dtype, shape, data_offsets: [offset, offset + values.byteLength] };
    offset += values.byteLength;
  }
  // Padded with spaces so that the arrays begin at a multiple of 8, as the format recommends.
  const text = new TextEncoder().encode(JSON.stringify(header));
  const length = Math.ceil(text.length / 8) * 8;
  const file = new Uint8Array(8 + length + offset).fill(0x20, 8, 8 + length);
  new DataView(file.buffer).setBigUint64(0, BigInt(length), true);
  file.set(text, 8);
  let position = 8 + length;
  for (const { values } of tensors) {
    file.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), position);
    position += values.byteLength;
  }
  return file;
}
