/**
 * NumPy's .npy: a header, then either the numbers of one array, or, for arrays of objects, a pickle. The article's
 * `vgg16.npy` is the latter: an array of no dimensions that holds one dictionary {layer: [W, b]}.
 *
 * @module
 */
import { type ByteSource, latin1, readBytes, unreadable } from "./byte_source.ts";
import type { TensorFile } from "../assemble.ts";
import { readPickle } from "./pickle.ts";
import type { PickleValue } from "./pickle_machine.ts";
import { PickledArray, textOf } from "./pickle_numpy.ts";
import { PickledString } from "./pickle_string.ts";
import {
  elementCount,
  FLOAT_BYTES,
  type FloatType,
  readTensor,
  type StoredTensor,
  type TensorLayout,
} from "./tensor.ts";

const MAGIC = "\x93NUMPY";
/** NumPy pads headers to 64 bytes; one of an array of at most 4 axes is 128. More is no header. */
const MAX_HEADER_BYTES = 4096;

interface NpyHeader {
  /** NumPy's type, as `<f4`, or `|O` for objects. */
  readonly descr: string;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
  /** Where the header ends and the data begin. */
  readonly end: number;
}

function readHeader(source: ByteSource, what: string): NpyHeader {
  const start = readBytes(source, 0, Math.min(12, source.size));
  if (start.length < 12 || latin1(start.subarray(0, 6)) !== MAGIC) {
    throw unreadable(source.name, `${what} does not begin as .npy does`, "NumPy's format");
  }
  const view = new DataView(start.buffer);
  const major = start[6]!;
  if (major < 1 || major > 3) throw unreadable(source.name, `${what} has .npy version ${major}`, "1, 2 or 3");
  const begin = major === 1 ? 10 : 12;
  const length = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > MAX_HEADER_BYTES) {
    throw unreadable(source.name, `${what} has a header of ${length} bytes`, `at most ${MAX_HEADER_BYTES}`);
  }
  const text = latin1(readBytes(source, begin, length));
  const descr = /'descr':\s*'([^']*)'/.exec(text)?.[1];
  const order = /'fortran_order':\s*(True|False)/.exec(text)?.[1];
  const shape = /'shape':\s*\(([\dL,\s]*)\)/.exec(text)?.[1];
  if (descr === undefined || order === undefined || shape === undefined) {
    throw unreadable(
      source.name,
      `${what} has an .npy header without a plain descr, fortran_order or shape`,
      "all three",
    );
  }
  const sides = shape.split(",").map((side) => side.trim().replace(/L$/, "")).filter((side) => side !== "").map(Number);
  return { descr, fortranOrder: order === "True", shape: sides, end: begin + length };
}

/** Reads NumPy's name of an element type, as `<f4`. */
function parseDescr(source: ByteSource, what: string, descr: string): { type: FloatType; bigEndian: boolean } {
  const type = ({ f2: "float16", f4: "float32", f8: "float64" } as const)[descr.slice(1)];
  if (!type || !"<>=|".includes(descr[0]!)) {
    throw unreadable(source.name, `${what} has elements of type ${descr.slice(0, 20)}`, "f2, f4 or f8");
  }
  return { type, bigEndian: descr[0] === ">" };
}

/** One numeric array, as .npz archives hold them. @param what Which array it is, for messages. */
export function readNpyTensor(source: ByteSource, what: string): StoredTensor {
  const { descr, fortranOrder, shape, end } = readHeader(source, what);
  const layout: TensorLayout = { ...parseDescr(source, what, descr), fortranOrder, shape };
  const wanted = end + elementCount(shape) * FLOAT_BYTES[layout.type];
  if (source.size < wanted) throw unreadable(source.name, `${what} ends at byte ${source.size}`, `${wanted} bytes`);
  return { shape, read: () => Promise.resolve(readTensor(source, end, layout)) };
}

/**
 * The article's file: a pickled dictionary {`conv1_1`: [W, b], …} whose keys may be text or bytes. The pickle is walked
 * through without reading the arrays' bytes.
 */
export function readNpy(source: ByteSource): TensorFile {
  const header = readHeader(source, "it");
  if (header.descr !== "|O" && header.descr !== "O") {
    throw unreadable(source.name, `it holds one array of type ${header.descr.slice(0, 20)}`, "a dictionary of layers");
  }
  const dictionary = dictionaryOf(readPickle(source, header.end));
  if (!dictionary) throw unreadable(source.name, "its pickle holds no dictionary", "a dictionary of layers");
  const tensors = new Map<string, StoredTensor>();
  for (const [key, value] of dictionary) {
    const layer = textOf(key);
    if (layer === null) {
      throw unreadable(source.name, "a key of its dictionary is no text", "names of layers");
    }
    if (!Array.isArray(value) || value.length !== 2) {
      throw unreadable(source.name, `${layer.slice(0, 40)} is no pair`, "[weight, bias]");
    }
    tensors.set(`${layer}_W`, storedTensor(source, `${layer}'s weight`, value[0]!));
    tensors.set(`${layer}_b`, storedTensor(source, `${layer}'s bias`, value[1]!));
  }
  return { tensors };
}

/** The dictionary itself, or the one element of an object array that holds it. */
function dictionaryOf(value: PickleValue): ReadonlyMap<PickleValue, PickleValue> | null {
  if (value instanceof Map) return value;
  if (value instanceof PickledArray && value.isObject && Array.isArray(value.data) && value.data.length === 1) {
    return dictionaryOf(value.data[0]!);
  }
  return null;
}

function storedTensor(source: ByteSource, what: string, value: PickleValue): StoredTensor {
  if (!(value instanceof PickledArray) || !value.descr) throw unreadable(source.name, `${what} is no array`, "one");
  const { type, bigEndian } = parseDescr(source, what, value.descr);
  const { shape, fortranOrder, data } = value;
  if (!(data instanceof PickledString)) throw unreadable(source.name, `${what} holds no bytes`, "numbers");
  const layout = { type, bigEndian, fortranOrder, shape };
  return {
    shape,
    read: () => {
      const wanted = elementCount(shape) * FLOAT_BYTES[type];
      return Promise.resolve(readTensor(data.asSource(what, wanted), data.isPlain ? data.offset : 0, layout));
    },
  };
}
