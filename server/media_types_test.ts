import assert from "node:assert/strict";
import { acceptable, MEDIA_TYPES } from "./media_types.ts";

const [JSON_TYPE, GRAPHQL_TYPE, EVENT_STREAM] = MEDIA_TYPES;

const HEADERS: [accept: string | null, wanted: readonly string[]][] = [
  [null, MEDIA_TYPES],
  ["", MEDIA_TYPES],
  ["*/*", MEDIA_TYPES],
  ["application/*", [JSON_TYPE, GRAPHQL_TYPE]],
  ["application/json", [JSON_TYPE]],
  ["Application/JSON; charset=UTF-8", [JSON_TYPE]],
  ["application/json; charset=latin1", []],
  ["application/graphql-response+json", [GRAPHQL_TYPE]],
  ["application/graphql-response+json, application/json;q=0.9", [GRAPHQL_TYPE, JSON_TYPE]],
  ["application/json;q=0.9 , application/graphql-response+json", [GRAPHQL_TYPE, JSON_TYPE]],
  ["application/graphql-response+json, application/json", [GRAPHQL_TYPE, JSON_TYPE]],
  ["application/json, application/graphql-response+json", [JSON_TYPE, GRAPHQL_TYPE]],
  ["text/event-stream", [EVENT_STREAM]],
  ["text/event-stream;q=0.1, */*", [JSON_TYPE, GRAPHQL_TYPE, EVENT_STREAM]],
  ["*/*;q=0.1, text/event-stream", [EVENT_STREAM, JSON_TYPE, GRAPHQL_TYPE]],
  ["*/*, application/json;q=0", [GRAPHQL_TYPE, EVENT_STREAM]],
  ['multipart/mixed;boundary="graphql";subscriptionSpec="1.0",application/json', [JSON_TYPE]],
  ["application/xml, image/*", []],
  ["application/json;q=nonsense", []],
  [";;,,", []],
];
for (const [accept, wanted] of HEADERS) {
  Deno.test(`acceptable(${JSON.stringify(accept)}) is ${wanted.join(", ") || "nothing"}`, () => {
    assert.deepEqual(acceptable(accept), wanted);
  });
}
