/**
 * The few constructors that NumPy's arrays are pickled with, as data.
 *
 * @module
 */
import { unreadable } from "./byte_source.ts";
import type { PickleValue } from "./pickle_machine.ts";
import { PickledString } from "./pickle_string.ts";

const MULTIARRAY = "numpy.core.multiarray";

/** Canonical name of each constructor that is known, by the names that editions of NumPy and Python give it. */
const KNOWN: ReadonlyMap<string, string> = new Map([
  ["numpy.core.multiarray._reconstruct", "_reconstruct"],
  ["numpy._core.multiarray._reconstruct", "_reconstruct"],
  ["numpy.core.numeric._frombuffer", "_frombuffer"],
  ["numpy._core.numeric._frombuffer", "_frombuffer"],
  ["numpy.ndarray", "ndarray"],
  [`${MULTIARRAY}.ndarray`, "ndarray"],
  ["numpy.dtype", "dtype"],
  ["_codecs.encode", "encode"],
  // Python 3 writes empty bytes as a call of their class in protocols 0 to 2.
  ["__builtin__.bytes", "bytes"],
  ["builtins.bytes", "bytes"],
]);

/** A constructor that a pickle names. */
export class Global {
  private constructor(readonly kind: string) {}

  /** @throws {GramcastError} WEIGHTS_UNREADABLE naming what was asked for, unless it is one of the known. */
  static named(file: string, module: string, name: string): Global {
    const kind = KNOWN.get(`${module}.${name}`);
    if (!kind) {
      const asked = `${module}.${name}`.replace(/[^\w.]/g, "?").slice(0, 80);
      throw unreadable(file, `its pickle asks for ${asked}`, "NumPy's array constructors alone");
    }
    return new Global(kind);
  }
}

/** A NumPy element type. */
export class PickledDtype {
  #code: string;
  #order = "<";

  constructor(code: string) {
    const [, order, rest] = /^([<>=|]?)(.*)$/.exec(code)!;
    if (order) this.#order = order;
    this.#code = rest!;
  }

  /** As in .npy headers: `<f4`. */
  get descr(): string {
    return this.#order + this.#code;
  }

  get isObject(): boolean {
    return /^O\d?$/.test(this.#code);
  }

  /** The state is (version, byte order, …). */
  setState(file: string, state: readonly PickleValue[]): void {
    const order = textOf(state[1]);
    if (order === null || !/^[<>=|]$/.test(order)) {
      throw unreadable(file, "an element type without byte order", "< or >");
    }
    this.#order = order;
  }
}

/** A NumPy array: shape, element type, and its bytes or, for objects, its elements. */
export class PickledArray {
  shape: readonly number[] = [];
  descr = "";
  isObject = false;
  fortranOrder = false;
  data: PickleValue = null;

  /** The state is (version, shape, dtype, is_fortran, data). */
  setState(file: string, state: readonly PickleValue[]): void {
    const [shape, dtype, fortran, data] = state.slice(-4);
    if (state.length < 4 || state.length > 5) throw unreadable(file, "an array with an unknown state", "NumPy's own");
    this.#set(file, shape, dtype, fortran === true || fortran === 1, data);
  }

  /** What `_frombuffer(buffer, dtype, shape, order)` gives: pickle protocol 5. */
  static fromBuffer(file: string, given: readonly PickleValue[]): PickledArray {
    const [data, dtype, shape, order] = given;
    const array = new PickledArray();
    array.#set(file, shape, dtype, textOf(order) === "F", data);
    return array;
  }

  #set(
    file: string,
    shape: PickleValue | undefined,
    dtype: PickleValue | undefined,
    fortranOrder: boolean,
    data: PickleValue | undefined,
  ): void {
    const sides = Array.isArray(shape) ? shape : [];
    if (!Array.isArray(shape) || !sides.every((side) => Number.isInteger(side) && (side as number) >= 0)) {
      throw unreadable(file, "an array whose shape is none", "whole numbers");
    }
    if (!(dtype instanceof PickledDtype)) throw unreadable(file, "an array without an element type", "one");
    this.shape = sides as number[];
    this.descr = dtype.descr;
    this.isObject = dtype.isObject;
    this.fortranOrder = fortranOrder;
    this.data = data ?? null;
  }
}

/** Carries out a call of a known constructor. */
export function construct(file: string, callee: Global, given: readonly PickleValue[]): PickleValue {
  switch (callee.kind) {
    case "_reconstruct":
      return new PickledArray();
    case "_frombuffer":
      return PickledArray.fromBuffer(file, given);
    case "dtype": {
      const code = textOf(given[0]);
      if (code === null) throw unreadable(file, "an element type without a name", "f2, f4 or f8");
      return new PickledDtype(code);
    }
    case "encode":
      // encode(text, "latin1") gives the bytes that the text stands for: the text itself already locates them.
      if (textOf(given[1]) === "latin1" || textOf(given[1]) === "latin-1") return given[0] ?? null;
      throw unreadable(file, "its pickle encodes text in another way", "Latin-1");
    case "bytes":
      if (given.length === 0) return "";
      throw unreadable(file, "its pickle makes bytes from something", "empty bytes alone");
    default:
      throw unreadable(file, `its pickle calls numpy.${callee.kind}`, "NumPy's array constructors alone");
  }
}

/** Text that a value is, or null when it is something else. */
export function textOf(value: PickleValue | undefined): string | null {
  return typeof value === "string" ? value : value instanceof PickledString ? value.text() : null;
}
