import assert from "node:assert/strict";
import { RequestKey } from "./request_key.ts";

Deno.test("RequestKey is the same for the same request until that is answered", () => {
  const key = new RequestKey();
  const first = key.for({ size: 64 });
  assert.equal(key.for({ size: 64 }), first);
  const other = key.for({ size: 128 });
  assert.notEqual(other, first);
  key.answered();
  assert.notEqual(key.for({ size: 128 }), other);
});
