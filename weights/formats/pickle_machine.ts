import { type ByteSource, unreadable } from "./byte_source.ts";
import { construct, Global, PickledArray, PickledDtype, textOf } from "./pickle_numpy.ts";
import { PickleReader } from "./pickle_reader.ts";
import { PickledString, type StringEncoding } from "./pickle_string.ts";

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

const MARK = Symbol("mark");

/** What the operations of a pickle work on: its bytes, a stack, and a memo. */
export class PickleMachine {
  readonly reader: PickleReader;
  readonly #source: ByteSource;
  readonly #stack: (PickleValue | typeof MARK)[] = [];
  readonly #memo = new Map<number, PickleValue>();

  constructor(source: ByteSource, offset: number) {
    this.#source = source;
    this.reader = new PickleReader(source, offset);
  }

  push(value: PickleValue): void {
    this.#stack.push(value);
  }

  pushString({ start, length }: { start: number; length: number }, encoding: StringEncoding): void {
    this.push(new PickledString(this.#source, start, length, encoding));
  }

  pushGlobal(module: string, name: string): void {
    this.push(Global.named(this.#source.name, module, name));
  }

  mark(): void {
    this.#stack.push(MARK);
  }

  top(): PickleValue {
    const value = this.#stack.at(-1);
    if (value === undefined || value === MARK) throw this.#wrong("its pickle is broken", "a value on the stack");
    return value;
  }

  pop(): PickleValue {
    const value = this.top();
    this.#stack.pop();
    return value;
  }

  popText(): string {
    const text = textOf(this.pop());
    if (text === null) throw this.#wrong("its pickle names nothing", "a constructor");
    return text;
  }

  /** Everything above the topmost mark, which goes too. */
  popMark(): PickleValue[] {
    const at = this.#stack.lastIndexOf(MARK);
    if (at < 0) throw this.#wrong("its pickle is broken", "a mark on the stack");
    const values = this.#stack.splice(at + 1) as PickleValue[];
    this.#stack.pop();
    return values;
  }

  /** Removes the top, be it a value or a mark. */
  drop(): void {
    if (this.#stack.pop() === undefined) throw this.#wrong("its pickle is broken", "a value to drop");
  }

  /** Appends to the list on top. */
  append(values: readonly PickleValue[]): void {
    const list = this.top();
    if (!Array.isArray(list)) throw this.#wrong("its pickle appends to something else", "to lists alone");
    for (const value of values) list.push(value);
  }

  /** Sets items of the dictionary on top: keys and values in turn. */
  setItems(items: readonly PickleValue[]): void {
    const target = this.top();
    if (!(target instanceof Map) || items.length % 2 !== 0) {
      throw this.#wrong("its pickle sets items of something else", "of dictionaries alone");
    }
    for (let i = 0; i < items.length; i += 2) target.set(items[i]!, items[i + 1]!);
  }

  /** Keeps the top under a key. */
  put(key: number): void {
    this.#memo.set(key, this.top());
  }

  /** Keeps the top under the next key. */
  memoize(): void {
    this.put(this.#memo.size);
  }

  get(key: number): void {
    const value = this.#memo.get(key);
    if (value === undefined) throw this.#wrong(`its pickle recalls memo ${key}`, "one that was kept");
    this.push(value);
  }

  /** Calls a constructor: its arguments are on top, itself below. */
  reduce(): void {
    const [given, callee] = [this.pop(), this.pop()];
    if (!(callee instanceof Global) || !Array.isArray(given)) {
      throw this.#wrong("its pickle calls something unnamed", "NumPy's constructors");
    }
    this.push(construct(this.#source.name, callee, given));
  }

  /** Sets the state of an object: the state is on top, the object below. */
  build(): void {
    const state = this.pop();
    const target = this.top();
    if (!(target instanceof PickledArray || target instanceof PickledDtype) || !Array.isArray(state)) {
      throw this.#wrong("its pickle sets the state of something else", "of NumPy's arrays alone");
    }
    target.setState(this.#source.name, state);
  }

  /** @throws {GramcastError} WEIGHTS_UNREADABLE */
  number(text: string): number {
    const value = text.trim() === "" ? NaN : Number(text);
    if (!Number.isFinite(value)) throw this.#wrong("its pickle has a number that is none", "digits");
    return value;
  }

  #wrong(found: string, wanted: string) {
    return unreadable(this.#source.name, found, wanted);
  }
}
