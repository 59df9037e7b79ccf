import fc from "fast-check";
import { joined } from "./bytes.ts";

/** What becomes of a file. */
type Change = (bytes: Uint8Array) => Uint8Array;

/** Where damage matters most: these bytes are damaged as often as all of the file. */
export interface Where {
  /** Bytes at its beginning. */
  readonly head: number;
  /** Bytes at its end; 0 where nothing special stands there. */
  readonly tail: number;
}

/** The lowest and the highest byte, with a sign and without. */
const EDGES = [0, 127, 128, 255];
/** Most bytes that are put in twice or taken out together. */
const PART_BYTES = 600;

/** A file cut short, or with a few bytes changed, taken out or put in twice. */
export function damaged(bytes: Uint8Array, { head, tail }: Where): fc.Arbitrary<Uint8Array> {
  const last = bytes.length - 1;
  const ends = [
    fc.nat(Math.min(last, head - 1)),
    ...tail > 0 ? [fc.nat(Math.min(last, tail - 1)).map((distance) => last - distance)] : [],
  ];
  const place = fc.oneof(...ends, fc.nat(last));
  const byte = fc.oneof(fc.constantFrom(...EDGES), fc.nat(255));
  const length = fc.nat(PART_BYTES);
  const change: fc.Arbitrary<Change> = fc.oneof(
    { weight: 4, arbitrary: fc.tuple(place, fc.array(byte, { minLength: 1, maxLength: 4 })).map(overwriting) },
    { weight: 1, arbitrary: fc.tuple(place, place, length).map(repeating) },
    { weight: 1, arbitrary: fc.tuple(place, length).map(removing) },
  );
  return fc.oneof(
    { weight: 1, arbitrary: fc.nat(last).map((end) => bytes.slice(0, end)) },
    {
      weight: 4,
      arbitrary: fc.array(change, { minLength: 1, maxLength: 16 })
        .map((changes) => changes.reduce((file, apply) => apply(file), bytes)),
    },
  );
}

function overwriting([at, values]: [number, number[]]): Change {
  return (bytes) => {
    const changed = bytes.slice();
    values.forEach((value, i) => changed[at + i] = value);
    return changed;
  };
}

function repeating([at, from, length]: [number, number, number]): Change {
  return (bytes) => joined(bytes.subarray(0, at), bytes.subarray(from, from + length), bytes.subarray(at));
}

function removing([at, length]: [number, number]): Change {
  return (bytes) => joined(bytes.subarray(0, at), bytes.subarray(at + length));
}
