/**
 * Arrays of numbers as the file formats hold them, and their decoding to float32.
 *
 * @module
 */
import { type ByteSource, readBytes, unreadable } from "./byte_source.ts";

/** Element types that are accepted: IEEE half, bfloat16, single and double. */
export type FloatType = "float16" | "bfloat16" | "float32" | "float64";

/** Bytes of one element. */
export const FLOAT_BYTES: Readonly<Record<FloatType, number>> = { float16: 2, bfloat16: 2, float32: 4, float64: 8 };

/** One array in a file, not yet read. */
export interface StoredTensor {
  readonly shape: readonly number[];
  /** The values in C order (last axis fastest). Each call reads them anew. */
  read(): Promise<Float32Array>;
}

/** Number of elements; NaN or Infinity are possible for absurd shapes, so compare before allocating. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1);
}

/** Where an array's bytes are and how to read them. */
export interface TensorLayout {
  readonly type: FloatType;
  readonly bigEndian: boolean;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
}

/** Reads an array that lies in `source` from `offset` on, uncompressed. */
export function readTensor(source: ByteSource, offset: number, layout: TensorLayout): Float32Array {
  const count = elementCount(layout.shape);
  if (layout.type === "float32" && !layout.bigEndian && !layout.fortranOrder) {
    // The common case goes straight to where it stays: no second copy of a 411 MB layer.
    if (offset + 4 * count > source.size) readBytes(source, offset, 4 * count);
    const values = new Float32Array(count);
    source.readInto(offset, new Uint8Array(values.buffer));
    return values;
  }
  return decodeTensor(readBytes(source, offset, count * FLOAT_BYTES[layout.type]), layout);
}

/** Converts the bytes of a whole array to float32 in C order. `bytes` may be overwritten. */
function decodeTensor(bytes: Uint8Array<ArrayBuffer>, layout: TensorLayout): Float32Array {
  const size = FLOAT_BYTES[layout.type];
  if (layout.bigEndian) reverseElements(bytes, size);
  const aligned = bytes.byteOffset % size === 0 ? bytes : bytes.slice();
  const { buffer, byteOffset } = aligned;
  const count = aligned.length / size;
  const values = layout.type === "float32"
    ? new Float32Array(buffer, byteOffset, count)
    : layout.type === "float64"
    ? new Float32Array(new Float64Array(buffer, byteOffset, count))
    : layout.type === "float16"
    ? new Float32Array(new Float16Array(buffer, byteOffset, count))
    : widenBfloat16(new Uint16Array(buffer, byteOffset, count));
  return layout.fortranOrder ? fortranToC(values, layout.shape) : values;
}

/** bfloat16 is the upper half of a float32. */
function widenBfloat16(halves: Uint16Array): Float32Array {
  const words = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) words[i] = halves[i]! << 16;
  return new Float32Array(words.buffer);
}

function reverseElements(bytes: Uint8Array, size: number): void {
  for (let start = 0; start + size <= bytes.length; start += size) bytes.subarray(start, start + size).reverse();
}

function fortranToC(values: Float32Array, shape: readonly number[]): Float32Array {
  return permuteAxes(values, shape.toReversed(), shape.map((_, axis) => shape.length - 1 - axis));
}

/**
 * Reorders the axes of an array in C order.
 *
 * @param axes For each axis of the result, the axis of `values` that it was.
 */
export function permuteAxes(values: Float32Array, shape: readonly number[], axes: readonly number[]): Float32Array {
  const strides = new Array<number>(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1]! * shape[axis + 1]!;
  const sides = axes.map((axis) => shape[axis]!);
  const steps = axes.map((axis) => strides[axis]!);
  const result = new Float32Array(values.length);
  const index = new Array<number>(axes.length).fill(0);
  let position = 0;
  for (let i = 0; i < result.length; i++) {
    result[i] = values[position]!;
    for (let axis = axes.length - 1; axis >= 0; axis--) {
      position += steps[axis]!;
      if (++index[axis]! < sides[axis]!) break;
      position -= steps[axis]! * sides[axis]!;
      index[axis] = 0;
    }
  }
  return result;
}

/** @throws {GramcastError} WEIGHTS_UNREADABLE when a value is NaN or infinite. */
export function checkFinite(file: string, what: string, values: Float32Array): void {
  // A loop: with a callback for each of 14.7 million values it takes ten times as long.
  for (let at = 0; at < values.length; at++) {
    if (!Number.isFinite(values[at]!)) {
      throw unreadable(file, `${what} has ${values[at]} at position ${at}`, "finite numbers");
    }
  }
}
