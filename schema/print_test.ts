import assert from "node:assert/strict";
import { buildSchema } from "graphql";
import { printedSchema } from "./print.ts";

Deno.test("printedSchema() is what schema.graphql holds; `deno task schema` writes it anew", () => {
  const committed = Deno.readTextFileSync(new URL("./schema.graphql", import.meta.url));
  assert.equal(printedSchema(), committed);
  assert.ok(buildSchema(committed).getSubscriptionType());
});
