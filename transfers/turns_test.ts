import assert from "node:assert/strict";
import { Turns } from "./turns.ts";

Deno.test("Turns runs one call at a time in the order in which they came, though one before has failed", async () => {
  const turns = new Turns();
  const log: string[] = [];
  const call = (name: string) => async () => {
    log.push(`${name} begins`);
    await new Promise((resolve) => setTimeout(resolve));
    log.push(`${name} ends`);
    if (name === "a") throw new Error("fault");
    return name;
  };
  const calls = ["a", "b", "c"].map((name) => turns.take(call(name)));
  assert.equal(turns.count, 3);
  const [first, ...others] = await Promise.allSettled(calls);
  assert.equal(first!.status, "rejected");
  assert.deepEqual(others.map((other) => other.status === "fulfilled" && other.value), ["b", "c"]);
  assert.deepEqual(log, ["a begins", "a ends", "b begins", "b ends", "c begins", "c ends"]);
  assert.equal(turns.count, 0);
});
