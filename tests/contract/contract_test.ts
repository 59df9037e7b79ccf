import assert from "node:assert/strict";
import { buildSchema } from "graphql";
import { schema } from "../../schema/index.ts";
import { missingFrom, undescribed } from "./coverage.ts";

const SDL = Deno.readTextFileSync(new URL("./schema.graphql", import.meta.url));
const CONTRACT = buildSchema(SDL);

/** What the contract has and the schema does not have yet. */
const NOT_YET_THERE: string[] = [];

Deno.test("the schema covers the contract in every type, field, argument, default, value and nullability", () => {
  assert.deepEqual(missingFrom(schema, CONTRACT), NOT_YET_THERE);
  // The contract is as large as it was when this was written: an empty copy would be covered by anything.
  assert.equal(Object.keys(CONTRACT.getTypeMap()).filter((name) => !name.startsWith("__")).length, 89);
});

Deno.test("every type, field, argument and value of the schema has a description", () => {
  assert.deepEqual(undescribed(schema), []);
});

Deno.test("missingFrom() finds each kind of difference", () => {
  const changes: [from: string, to: string, found: string][] = [
    ["enum Pooling { MAX AVERAGE }", "enum Pooling { MAX }", "value Pooling.AVERAGE is missing"],
    ["input ImageInput @oneOf {", "input ImageInput {", "ImageInput: @oneOf differs"],
    ["scalar DateTime", "enum DateTime { NOW }", "DateTime is another kind of type"],
    ["content: ImageInput!", "content: ImageInput", "StartTransferInput.content is ImageInput, not ImageInput!"],
    ['weight: Float = 1 "Times', 'weight: Float = 2 "Times', "StyleInput.weight defaults to 2, not 1"],
    ["styles: [StyleInput!]!", "", "input StartTransferInput.styles is missing"],
    ["priority: Int = 0", "priority: Int = 0 owner: ID!", "StartTransferInput.owner is required beyond the contract"],
    ["queuePosition: Int", "", "field Transfer.queuePosition is missing"],
    ["edges: [FrameEdge]!", "edges: [FrameEdge!]!", "FrameConnection.edges is [FrameEdge!]!, not [FrameEdge]!"],
    ["type Image implements Node", "type Image", "Image does not implement Node"],
    [
      "resumeTransfer(id: ID!, steps: Int)",
      "resumeTransfer(id: ID!)",
      "input Mutation.resumeTransfer(steps) is missing",
    ],
    [
      "cancelTransfer(id: ID!)",
      "cancelTransfer(id: ID!, why: ID!)",
      "Mutation.cancelTransfer(why) is required beyond the contract",
    ],
    ["top: Int = 5", "top: Int = 6", "Query.classify(top) defaults to 6, not 5"],
  ];
  for (const [from, to, found] of changes) {
    assert.ok(SDL.includes(from), from);
    assert.deepEqual(missingFrom(buildSchema(SDL.replace(from, to)), CONTRACT), [found]);
  }
});

Deno.test("undescribed() finds what has no description", () => {
  const silent = buildSchema(
    '"A" type Query { a("b" b: Int, c: Int): E } "E" enum E { X "Y" Y } "I" input I { i: Int }',
  );
  assert.deepEqual(undescribed(silent).sort(), ["E.X", "I.i", "Query.a", "Query.a.c"]);
});
