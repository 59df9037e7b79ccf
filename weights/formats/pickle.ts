/**
 * A pickle machine that knows nothing but data and NumPy's arrays. It calls no code: each constructor that arrays need
 * has its meaning written out here, and any other is refused by its name. Long strings are not read, only located, so a
 * pickle of 553 MB takes a few kilobytes until one of its arrays is wanted.
 *
 * Protocols 0 to 5, as written by Python 2 and 3. Opcodes after CPython's `pickletools`.
 *
 * @module
 */
import { type ByteSource, unreadable } from "./byte_source.ts";
import { construct, Global, PickledArray, PickledDtype, textOf } from "./pickle_numpy.ts";
import { PickledString, type StringEncoding } from "./pickle_string.ts";
import { PickleReader } from "./pickle_reader.ts";

export { PickledArray, PickledString };

/** What a pickle can hold here. Tuples and lists are both arrays. */
export type PickleValue =
  | null
  | boolean
  | number
  | string
  | PickledString
  | PickledArray
  | PickledDtype
  | Global
  | PickleValue[]
  | Map<PickleValue, PickleValue>;

/** VGG16's pickles take about 2000 operations; a file that asks for more is not one. */
const MAX_OPERATIONS = 100_000;

const MARK = Symbol("mark");

/** Reads the pickle that begins at `offset`. @throws {GramcastError} WEIGHTS_UNREADABLE */
export function readPickle(source: ByteSource, offset: number): PickleValue {
  return new Machine(source, offset).run();
}

class Machine {
  readonly #source: ByteSource;
  readonly #reader: PickleReader;
  readonly #stack: (PickleValue | typeof MARK)[] = [];
  readonly #memo = new Map<number, PickleValue>();

  constructor(source: ByteSource, offset: number) {
    this.#source = source;
    this.#reader = new PickleReader(source, offset);
  }

  run(): PickleValue {
    for (let operations = 0; operations < MAX_OPERATIONS; operations++) {
      const opcode = String.fromCharCode(this.#reader.byte());
      if (opcode === ".") return this.#pop();
      if (!this.#string(opcode) && !this.#atom(opcode) && !this.#collection(opcode) && !this.#construction(opcode)) {
        const code = opcode.charCodeAt(0).toString(16).padStart(2, "0");
        throw this.#wrong(`its pickle asks for operation 0x${code}`, "data and arrays alone");
      }
    }
    throw this.#wrong(`its pickle takes more than ${MAX_OPERATIONS} operations`, "a dictionary of layers");
  }

  /** Text and bytes. */
  #string(opcode: string): boolean {
    const reader = this.#reader;
    const counted: Record<string, [() => number, StringEncoding]> = {
      "T": [() => reader.uint(4), "raw"], // BINSTRING, Python 2
      "U": [() => reader.uint(1), "raw"],
      "B": [() => reader.uint(4), "raw"], // BINBYTES
      "C": [() => reader.uint(1), "raw"],
      "\x8e": [() => reader.uint(8), "raw"],
      "\x96": [() => reader.uint(8), "raw"], // BYTEARRAY8
      "X": [() => reader.uint(4), "utf8"], // BINUNICODE
      "\x8c": [() => reader.uint(1), "utf8"],
      "\x8d": [() => reader.uint(8), "utf8"],
    };
    const found = counted[opcode];
    if (found) {
      const length = found[0]();
      this.#push(new PickledString(this.#source, reader.skip(length), length, found[1]));
      return true;
    }
    if (opcode !== "S" && opcode !== "V") return false;
    const { start, length } = reader.skipLine();
    this.#push(new PickledString(this.#source, start, length, opcode === "S" ? "repr" : "raw-unicode-escape"));
    return true;
  }

  #atom(opcode: string): boolean {
    const reader = this.#reader;
    switch (opcode) {
      case "\x80": // PROTO
        reader.skip(1);
        return true;
      case "\x95": // FRAME
        reader.skip(8);
        return true;
      case "N":
        return this.#push(null);
      case "\x88":
        return this.#push(true);
      case "\x89":
        return this.#push(false);
      case "I": {
        const line = reader.line();
        return this.#push(line === "01" ? true : line === "00" ? false : this.#number(line));
      }
      case "L":
        return this.#push(this.#number(reader.line().replace(/L$/, "")));
      case "F":
        return this.#push(this.#number(reader.line()));
      case "J":
        return this.#push(reader.uint(4) | 0);
      case "K":
        return this.#push(reader.uint(1));
      case "M":
        return this.#push(reader.uint(2));
      case "\x8a":
        return this.#push(reader.long(reader.uint(1)));
      case "G":
        return this.#push(reader.float());
      default:
        return false;
    }
  }

  #collection(opcode: string): boolean {
    const stack = this.#stack;
    switch (opcode) {
      case "(":
        stack.push(MARK);
        return true;
      case "0":
        if (stack.pop() === undefined) throw this.#wrong("its pickle is broken", "a value to drop");
        return true;
      case "1":
        this.#popMark();
        return true;
      case "2": {
        const top = this.#pop();
        this.#push(top);
        return this.#push(top);
      }
      case ")":
      case "]":
        return this.#push([]);
      case "}":
        return this.#push(new Map());
      case "t":
      case "l":
        return this.#push(this.#popMark());
      case "\x85":
      case "\x86":
      case "\x87":
        return this.#push(Array.from({ length: opcode.charCodeAt(0) - 0x84 }, () => this.#pop()).reverse());
      case "d":
        return this.#push(this.#store(new Map(), this.#popMark()));
      case "a":
        return this.#append([this.#pop()]);
      case "e":
        return this.#append(this.#popMark());
      case "s": {
        const value = this.#pop();
        const pair = [this.#pop(), value];
        return this.#push(this.#store(this.#pop(), pair));
      }
      case "u": {
        const pairs = this.#popMark();
        return this.#push(this.#store(this.#pop(), pairs));
      }
      case "p":
        return this.#remember(this.#number(this.#reader.line()));
      case "q":
        return this.#remember(this.#reader.uint(1));
      case "r":
        return this.#remember(this.#reader.uint(4));
      case "\x94":
        return this.#remember(this.#memo.size);
      case "g":
        return this.#recall(this.#number(this.#reader.line()));
      case "h":
        return this.#recall(this.#reader.uint(1));
      case "j":
        return this.#recall(this.#reader.uint(4));
      default:
        return false;
    }
  }

  #construction(opcode: string): boolean {
    switch (opcode) {
      case "c": {
        const module = this.#reader.line();
        return this.#push(Global.named(this.#source.name, module, this.#reader.line()));
      }
      case "\x93": {
        const name = textOf(this.#pop());
        const module = textOf(this.#pop());
        if (name === null || module === null) throw this.#wrong("its pickle names nothing", "a constructor");
        return this.#push(Global.named(this.#source.name, module, name));
      }
      case "R": {
        const given = this.#pop();
        const callee = this.#pop();
        if (!(callee instanceof Global) || !Array.isArray(given)) {
          throw this.#wrong("its pickle calls something unnamed", "NumPy's constructors");
        }
        return this.#push(construct(this.#source.name, callee, given));
      }
      case "b": {
        const state = this.#pop();
        const target = this.#pop();
        if (!(target instanceof PickledArray || target instanceof PickledDtype) || !Array.isArray(state)) {
          throw this.#wrong("its pickle sets the state of something else", "of NumPy's arrays alone");
        }
        target.setState(this.#source.name, state);
        return this.#push(target);
      }
      default:
        return false;
    }
  }

  #push(value: PickleValue): true {
    this.#stack.push(value);
    return true;
  }

  #pop(): PickleValue {
    const value = this.#stack.pop();
    if (value === undefined || value === MARK) throw this.#wrong("its pickle is broken", "a value on the stack");
    return value;
  }

  #popMark(): PickleValue[] {
    const at = this.#stack.lastIndexOf(MARK);
    if (at < 0) throw this.#wrong("its pickle is broken", "a mark on the stack");
    const values = this.#stack.splice(at + 1) as PickleValue[];
    this.#stack.pop();
    return values;
  }

  #append(values: readonly PickleValue[]): true {
    const list = this.#pop();
    if (!Array.isArray(list)) throw this.#wrong("its pickle appends to something else", "to lists alone");
    for (const value of values) list.push(value);
    return this.#push(list);
  }

  #store(target: PickleValue, pairs: readonly PickleValue[]): PickleValue {
    if (!(target instanceof Map) || pairs.length % 2 !== 0) {
      throw this.#wrong("its pickle sets items of something else", "of dictionaries alone");
    }
    for (let i = 0; i < pairs.length; i += 2) target.set(pairs[i]!, pairs[i + 1]!);
    return target;
  }

  #remember(key: number): true {
    const top = this.#pop();
    this.#memo.set(key, top);
    return this.#push(top);
  }

  #recall(key: number): true {
    const value = this.#memo.get(key);
    if (value === undefined) throw this.#wrong(`its pickle recalls memo ${key}`, "one that was kept");
    return this.#push(value);
  }

  #number(text: string): number {
    const value = text.trim() === "" ? NaN : Number(text);
    if (!Number.isFinite(value)) throw this.#wrong("its pickle has a number that is none", "digits");
    return value;
  }

  #wrong(found: string, wanted: string) {
    return unreadable(this.#source.name, found, wanted);
  }
}
