import assert from "node:assert/strict";
import { generateOperations } from "./generate_operations.ts";

const SDL = `
  enum Colour { RED GREEN }
  input Wish { colour: Colour!, sizes: [Int!] }
  type Thing { id: ID!, size: Float, parts: [Thing!]! }
  type Query { thing(wish: Wish!, id: ID): Thing }
`;

Deno.test("generateOperations() types variables and results as the schema has them", () => {
  const source = generateOperations(
    SDL,
    "fragment Part on Thing { id } query Find($wish: Wish!, $id: ID) { thing(wish: $wish, id: $id) { size parts { ...Part } } }",
  );
  assert.match(source, /export type Part = \{ readonly id: string \};/);
  assert.match(
    source,
    /FindData = \{ readonly thing: \{ readonly size: number \| null; readonly parts: readonly \(Part\)\[\] \} \| null \};/,
  );
  assert.match(source, /FindVariables = \{ readonly wish: Wish; readonly id\?: string \| null \};/);
  assert.match(source, /export type Colour = "RED" \| "GREEN";/);
  assert.match(source, /readonly sizes\?: readonly \(number\)\[\] \| null;/);
  assert.match(source, /text: "query Find\(\$wish:Wish!\$id:ID\)\{.*\}fragment Part on Thing\{id\}"/);
});

Deno.test("generateOperations() refuses what the schema does not have", () => {
  assert.throws(() => generateOperations(SDL, "query Find { nothing }"), /Cannot query field "nothing"/);
});
