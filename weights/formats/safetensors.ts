/**
 * .safetensors: eight bytes of length, a JSON header with type, shape and place of each array, then the arrays.
 *
 * Arrays named `conv1_1.weight` (HWIO, BGR, 0–255 minus means) and `conv1_1.bias` follow Caffe's convention; metadata say
 * `input_mean` (BGR, comma-separated) where it is not VGG16's own. Files with torchvision's names follow torchvision's.
 *
 * @module
 */
import type { TensorFile } from "../assemble.ts";
import { type ByteSource, readBytes, unreadable } from "./byte_source.ts";
import { elementCount, FLOAT_BYTES, type FloatType, readTensor, type StoredTensor } from "./tensor.ts";

/** A header of VGG16 takes 3 kB. */
const MAX_HEADER_BYTES = 1 << 20;
const FLOAT_TYPES: ReadonlyMap<string, FloatType> = new Map([
  ["F16", "float16"],
  ["BF16", "bfloat16"],
  ["F32", "float32"],
  ["F64", "float64"],
]);

interface HeaderEntry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly offset: number;
}

/** Lists a file's arrays; each is read when it is asked for. @throws {GramcastError} WEIGHTS_UNREADABLE */
export function readSafetensors(source: ByteSource): TensorFile {
  const { entries, metadata } = readHeader(source);
  const tensors = new Map<string, StoredTensor>();
  for (const [name, entry] of entries) {
    tensors.set(name, storedTensor(source, name, entry));
  }
  const mean = metadata.input_mean === undefined ? undefined : parseMean(source, metadata.input_mean);
  return { tensors, ...(mean && { inputMean: mean }) };
}

function storedTensor(source: ByteSource, name: string, { dtype, shape, offset }: HeaderEntry): StoredTensor {
  const type = FLOAT_TYPES.get(dtype);
  return {
    shape,
    // deno-lint-ignore require-await -- what is thrown becomes a rejection
    read: async () => {
      if (!type) throw unreadable(source.name, `${name} has elements of type ${dtype}`, "F16, BF16, F32 or F64");
      return readTensor(source, offset, { type, bigEndian: false, fortranOrder: false, shape });
    },
  };
}

function readHeader(
  source: ByteSource,
): { entries: ReadonlyMap<string, HeaderEntry>; metadata: Record<string, string> } {
  const length = Number(new DataView(readBytes(source, 0, 8).buffer).getBigUint64(0, true));
  if (length > MAX_HEADER_BYTES) {
    throw unreadable(source.name, `its header claims ${length} bytes`, `at most ${MAX_HEADER_BYTES}`);
  }
  const header = parseJson(source, readBytes(source, 8, length));
  const entries = new Map<string, HeaderEntry>();
  let metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(header)) {
    if (name === "__metadata__") metadata = value as Record<string, string>;
    else entries.set(name, parseEntry(source, name, value, 8 + length));
  }
  return { entries, metadata };
}

function parseJson(source: ByteSource, bytes: Uint8Array): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw unreadable(source.name, "its header is no JSON", "that of .safetensors", error);
  }
  if (typeof header !== "object" || header === null || Array.isArray(header)) {
    throw unreadable(source.name, "its header is no JSON object", "that of .safetensors");
  }
  const { __metadata__: metadata = {} } = header as Record<string, unknown>;
  if (
    typeof metadata !== "object" || metadata === null ||
    Object.values(metadata).some((text) => typeof text !== "string")
  ) {
    throw unreadable(source.name, "its metadata are no texts", "names with texts");
  }
  return header as Record<string, unknown>;
}

function parseEntry(source: ByteSource, name: string, value: unknown, dataStart: number): HeaderEntry {
  const label = name.replace(/[^\w./:-]/g, "?").slice(0, 60);
  const { dtype, shape, data_offsets: offsets } = (value ?? {}) as Record<string, unknown>;
  if (typeof dtype !== "string" || !isCounts(shape) || !isCounts(offsets) || offsets.length !== 2) {
    throw unreadable(source.name, `${label} is described without dtype, shape or data_offsets`, "all three");
  }
  const [start, end] = [dataStart + offsets[0]!, dataStart + offsets[1]!];
  const type = FLOAT_TYPES.get(dtype);
  const bytes = elementCount(shape) * (type ? FLOAT_BYTES[type] : NaN);
  if (end > source.size) throw unreadable(source.name, `it ends at byte ${source.size}`, `${end} bytes for ${label}`);
  if (end - start !== bytes && !Number.isNaN(bytes)) {
    throw unreadable(source.name, `${label} has ${end - start} bytes`, `${bytes} for ${dtype} of shape [${shape}]`);
  }
  return { dtype: dtype.replace(/\W/g, "?").slice(0, 10), shape, offset: start };
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.length <= 8 && value.every((side) => Number.isSafeInteger(side) && side >= 0);
}

function parseMean(source: ByteSource, text: string): [number, number, number] {
  const means = text.split(",").map((part) => part.trim() === "" ? NaN : Number(part));
  if (means.length !== 3 || !means.every((mean) => mean >= 0 && mean <= 255)) {
    throw unreadable(source.name, `its input_mean is "${text.replace(/[^\w.,-]/g, "?").slice(0, 40)}"`, "three means");
  }
  return means as [number, number, number];
}
