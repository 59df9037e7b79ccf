import assert from "node:assert/strict";
import { GraphQLError } from "graphql";
import { JsonReader } from "./json_reader.ts";

async function read(text: string, size = 2 ** 16): Promise<unknown> {
  const bytes = new TextEncoder().encode(text);
  const pieces = [];
  for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
  const reader = new JsonReader();
  try {
    return await reader.read(pieces);
  } finally {
    reader.close();
  }
}

Deno.test("JSON is read as JSON.parse() reads it, short or long, however its bytes come in", async () => {
  for (const length of [10, 2 ** 17]) {
    const value = { a: "ä€𝄞\n".repeat(length), b: [1, null, { c: true }], ["__proto__"]: 1 };
    for (const size of [2 ** 16, 9973]) {
      const found = await read(JSON.stringify(value), size) as typeof value;
      assert.ok(found.a === value.a, `${length} in pieces of ${size}`);
      assert.deepEqual({ ...found, a: "" }, { ...value, a: "" });
    }
  }
});

Deno.test("what is wrong with JSON is the same, short or long", async () => {
  for (const length of [10, 2 ** 17]) {
    await assert.rejects(read(`{"a":"${"x".repeat(length)}"`), SyntaxError);
    await assert.rejects(read("[".repeat(100) + " ".repeat(length)), GraphQLError);
  }
});

Deno.test("the event loop goes on while megabytes of escaped characters are read", async () => {
  let turns = 0;
  const turn = setInterval(() => turns++);
  const text = `["${"\\u00e9\\n".repeat(2 ** 20)}"]`;
  const [found] = await read(text) as [string];
  clearInterval(turn);
  assert.equal(found.length, 2 ** 21);
  assert.ok(turns > 0);
});

Deno.test("an object of thousands of names is refused before a thread is asked to read it", async () => {
  const text = JSON.stringify(Object.fromEntries(Array.from({ length: 18_000 }, (_, i) => [`k${i}`, 1])));
  await assert.rejects(read(text), (error) => error instanceof GraphQLError && /1000 names/.test(error.message));
});
