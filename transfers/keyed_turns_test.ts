import assert from "node:assert/strict";
import { KeyedTurns } from "./keyed_turns.ts";

Deno.test("calls of one key run one after another, whatever becomes of them, and others do not wait", async () => {
  const turns = new KeyedTurns();
  const order: string[] = [];
  const gate = Promise.withResolvers<void>();
  const first = turns.take("a", async () => {
    await gate.promise;
    order.push("a1");
    throw new Error("no");
  });
  const second = turns.take("a", () => Promise.resolve(order.push("a2")));
  await turns.take("b", () => Promise.resolve(order.push("b")));
  gate.resolve();
  await assert.rejects(first, /no/);
  await second;
  assert.deepEqual(order, ["b", "a1", "a2"]);
});
