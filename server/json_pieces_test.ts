import assert from "node:assert/strict";
import fc from "fast-check";
import { jsonPieces } from "./json_pieces.ts";

Deno.test("jsonPieces() writes what JSON.stringify() writes", () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => {
    assert.deepEqual([...jsonPieces(value)].join(""), JSON.stringify(value));
  }));
});

Deno.test("jsonPieces() writes long texts in pieces, whatever they are cut through", () => {
  const value = { a: "x𝄞".repeat(2 ** 18), b: [{ c: '"\\\n'.repeat(2 ** 18) }, "short"], d: "é".repeat(2 ** 18 + 1) };
  const pieces = [...jsonPieces(value)];
  assert.ok(pieces.every(({ length }) => length < 2 ** 21));
  const read = JSON.parse(pieces.join("")) as typeof value;
  assert.ok(read.a === value.a && read.b[0] !== "short" && JSON.stringify(read) === JSON.stringify(value));
});
