import assert from "node:assert/strict";
import fc from "fast-check";
import { GraphQLError } from "graphql";
import { checkStructure, parseJson } from "./json.ts";

Deno.test("parseJson() reads what JSON.parse() reads", () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => {
    const text = JSON.stringify(value);
    assert.deepEqual(parseJson(text), JSON.parse(text));
  }));
});

Deno.test("what is inside of texts is not structure, quotation marks and backslashes included", () => {
  const value = { a: '[[[{{,,"', b: '\\"[[\\\\', c: "\\" };
  assert.deepEqual(parseJson(JSON.stringify(value), { maxValues: 3, maxDepth: 1, maxNames: 3 }), value);
});

Deno.test("structure is counted as it is, and refused above the limits", () => {
  const count = fc.nat({ max: 30 });
  fc.assert(fc.property(count, count, (entries, depth) => {
    const list = `[${Array(entries + 1).fill("0").join(",")}]`;
    const object = `{"l":[1,2,3],${Array.from({ length: entries }, (_, i) => `"${i}":{"a":0,"b":[]}`).join(",")}}`;
    const refuses = (text: string, maxValues: number, maxDepth: number, maxNames = 99) => {
      try {
        checkStructure(text, { maxValues, maxDepth, maxNames });
        return false;
      } catch (error) {
        return error instanceof GraphQLError && error.extensions["code"] === "QUERY_TOO_COMPLEX";
      }
    };
    assert.equal(refuses(list, 15, 9), entries + 1 > 15);
    assert.equal(refuses(object, 999, 9, 15), entries + 1 > 15);
    assert.equal(refuses("[".repeat(depth) + "]".repeat(depth), 99, 15), depth > 15);
  }));
});

Deno.test("what is no JSON is left to the parser", () => {
  for (const text of ["", '"', '{"a', "]]]]", '"\\', "{]"]) {
    checkStructure(text);
    assert.throws(() => parseJson(text), SyntaxError);
  }
});

Deno.test("megabytes of brackets, spaces and quotation marks are refused", () => {
  for (const text of ["{},".repeat(2 ** 20), " ".repeat(5e6), `"${'\\"'.repeat(5e6)}"`, '"",'.repeat(2 ** 20)]) {
    assert.throws(() => parseJson(text), GraphQLError);
  }
  assert.equal((parseJson(JSON.stringify("x".repeat(2 ** 23))) as string).length, 2 ** 23);
});
