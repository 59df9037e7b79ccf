import assert from "node:assert/strict";
import { formulaNoise } from "../testing/formula.ts";
import { relativeDistance } from "../testing/distance.ts";
import { addCombination, dot, dots } from "./vectors.ts";

/** Longer than two of the parts that they are read in. */
const LENGTH = 10_001;

function vectors(count: number): Float32Array[] {
  return Array.from({ length: count }, (_, i) => Float32Array.from(formulaNoise(LENGTH, 10 + i)));
}

Deno.test("dot products with a vector are those of each alone, to the last bit, however many there are", () => {
  const [other] = vectors(1);
  const nine = vectors(9);
  const wanted = nine.map((each) => dots([each], other!)[0]!);
  for (let count = 0; count <= nine.length; count++) {
    assert.deepEqual([...dots(nine.slice(0, count), other!)], wanted.slice(0, count));
    assert.deepEqual([...dots(nine.slice(count), other!)], wanted.slice(count));
  }
  const plain = nine.map((each) => dot(each, other!));
  assert.ok(relativeDistance(wanted, plain) < 1e-12, `${wanted} beside ${plain}`);
});

Deno.test("a combination adds each vector by its factor, however many there are", () => {
  for (let count = 0; count <= 9; count++) {
    const added = vectors(count);
    const factors = formulaNoise(count, 3);
    const target = Float32Array.from(formulaNoise(LENGTH, 4));
    const wanted = Float64Array.from(target, (value, i) => value + sum(added.map((each, k) => factors[k]! * each[i]!)));
    addCombination(target, added, factors);
    const distance = relativeDistance(target, wanted);
    assert.ok(distance < 1e-6, `${count} vectors: relative distance ${distance}`);
  }
});

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
