/**
 * Reads pickles that hold nothing but data and NumPy's arrays. It calls no code: each constructor that arrays need has
 * its meaning written out here, and any other is refused by its name. Long strings are not read, only located, so a
 * pickle of 553 MB takes a few kilobytes until one of its arrays is wanted.
 *
 * Protocols 0 to 5, as written by Python 2 and 3.
 *
 * @module
 */
import { type ByteSource, unreadable } from "./byte_source.ts";
import { PickleMachine, type PickleValue } from "./pickle_machine.ts";
import type { StringEncoding } from "./pickle_string.ts";

/** VGG16's pickles take about 2000 operations; a file that asks for more is not one. */
const MAX_OPERATIONS = 100_000;

type Operation = (machine: PickleMachine) => void;

const STOP = ".";

/** The operations by the names that CPython's `pickletools` gives them, each with its code. */
const OPCODES: Readonly<Record<string, readonly [code: string, operation: Operation]>> = {
  PROTO: ["\x80", (machine) => machine.reader.skip(1)],
  FRAME: ["\x95", (machine) => machine.reader.skip(8)],

  NONE: ["N", (machine) => machine.push(null)],
  NEWTRUE: ["\x88", (machine) => machine.push(true)],
  NEWFALSE: ["\x89", (machine) => machine.push(false)],
  INT: ["I", (machine) => machine.push(intOf(machine, machine.reader.line()))],
  LONG: ["L", (machine) => machine.push(machine.number(machine.reader.line().replace(/L$/, "")))],
  FLOAT: ["F", (machine) => machine.push(machine.number(machine.reader.line()))],
  BININT: ["J", (machine) => machine.push(machine.reader.uint(4) | 0)],
  BININT1: ["K", (machine) => machine.push(machine.reader.uint(1))],
  BININT2: ["M", (machine) => machine.push(machine.reader.uint(2))],
  LONG1: ["\x8a", (machine) => machine.push(machine.reader.long(machine.reader.uint(1)))],
  BINFLOAT: ["G", (machine) => machine.push(machine.reader.float())],

  STRING: ["S", stringOnLine("repr")],
  UNICODE: ["V", stringOnLine("raw-unicode-escape")],
  BINSTRING: ["T", countedString(4, "raw")],
  SHORT_BINSTRING: ["U", countedString(1, "raw")],
  BINBYTES: ["B", countedString(4, "raw")],
  SHORT_BINBYTES: ["C", countedString(1, "raw")],
  BINBYTES8: ["\x8e", countedString(8, "raw")],
  BYTEARRAY8: ["\x96", countedString(8, "raw")],
  BINUNICODE: ["X", countedString(4, "utf8")],
  SHORT_BINUNICODE: ["\x8c", countedString(1, "utf8")],
  BINUNICODE8: ["\x8d", countedString(8, "utf8")],

  MARK: ["(", (machine) => machine.mark()],
  POP: ["0", (machine) => machine.drop()],
  POP_MARK: ["1", (machine) => machine.popMark()],
  DUP: ["2", (machine) => machine.push(machine.top())],

  EMPTY_TUPLE: [")", (machine) => machine.push([])],
  TUPLE: ["t", (machine) => machine.push(machine.popMark())],
  TUPLE1: ["\x85", tupleOf(1)],
  TUPLE2: ["\x86", tupleOf(2)],
  TUPLE3: ["\x87", tupleOf(3)],
  EMPTY_LIST: ["]", (machine) => machine.push([])],
  LIST: ["l", (machine) => machine.push(machine.popMark())],
  APPEND: ["a", (machine) => machine.append([machine.pop()])],
  APPENDS: ["e", (machine) => machine.append(machine.popMark())],
  EMPTY_DICT: ["}", (machine) => machine.push(new Map())],
  DICT: ["d", (machine) => {
    const items = machine.popMark();
    machine.push(new Map());
    machine.setItems(items);
  }],
  SETITEM: ["s", (machine) => machine.setItems([machine.pop(), machine.pop()].reverse())],
  SETITEMS: ["u", (machine) => machine.setItems(machine.popMark())],

  PUT: ["p", (machine) => machine.put(machine.number(machine.reader.line()))],
  BINPUT: ["q", (machine) => machine.put(machine.reader.uint(1))],
  LONG_BINPUT: ["r", (machine) => machine.put(machine.reader.uint(4))],
  MEMOIZE: ["\x94", (machine) => machine.memoize()],
  GET: ["g", (machine) => machine.get(machine.number(machine.reader.line()))],
  BINGET: ["h", (machine) => machine.get(machine.reader.uint(1))],
  LONG_BINGET: ["j", (machine) => machine.get(machine.reader.uint(4))],

  GLOBAL: ["c", (machine) => machine.pushGlobal(machine.reader.line(), machine.reader.line())],
  STACK_GLOBAL: ["\x93", (machine) => {
    const [name, module] = [machine.popText(), machine.popText()];
    machine.pushGlobal(module, name);
  }],
  REDUCE: ["R", (machine) => machine.reduce()],
  BUILD: ["b", (machine) => machine.build()],
};

const OPERATIONS: ReadonlyMap<string, Operation> = new Map(Object.values(OPCODES));

/** Reads the pickle that begins at `offset`. @throws {GramcastError} WEIGHTS_UNREADABLE */
export function readPickle(source: ByteSource, offset: number): PickleValue {
  const machine = new PickleMachine(source, offset);
  for (let count = 0; count < MAX_OPERATIONS; count++) {
    const code = String.fromCharCode(machine.reader.byte());
    if (code === STOP) return machine.pop();
    const operation = OPERATIONS.get(code);
    if (!operation) {
      const hex = code.charCodeAt(0).toString(16).padStart(2, "0");
      throw unreadable(source.name, `its pickle asks for operation 0x${hex}`, "data and arrays alone");
    }
    operation(machine);
  }
  throw unreadable(source.name, `its pickle takes more than ${MAX_OPERATIONS} operations`, "a dictionary of layers");
}

/** Protocol 0 has no codes for true and false. */
function intOf(machine: PickleMachine, line: string): PickleValue {
  return line === "01" ? true : line === "00" ? false : machine.number(line);
}

/** A string behind its length, which takes so many bytes. */
function countedString(lengthBytes: number, encoding: StringEncoding): Operation {
  return (machine) => {
    const length = machine.reader.uint(lengthBytes);
    machine.pushString({ start: machine.reader.skip(length), length }, encoding);
  };
}

function stringOnLine(encoding: StringEncoding): Operation {
  return (machine) => machine.pushString(machine.reader.skipLine(), encoding);
}

function tupleOf(length: number): Operation {
  return (machine) => machine.push(Array.from({ length }, () => machine.pop()).reverse());
}
