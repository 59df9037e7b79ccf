import assert from "node:assert/strict";
import { KeyedTurns } from "../keyed_turns.ts";
import { oncePerKey } from "./once_per_key.ts";

Deno.test("what another server was faster with, and what is deleted before it is found, is started after all", async () => {
  // The first start loses against another server; what that has started is gone by then.
  const starts: (string | null)[] = [null, "own"];
  const finds: (string | null)[] = [null, null];
  const started = await oncePerKey(new KeyedTurns(), "ann", "key", {
    find: () => Promise.resolve(finds.shift()!),
    again: (existing) => existing,
    start: () => Promise.resolve(starts.shift()!),
  });
  assert.equal(started, "own");
  assert.deepEqual([starts, finds], [[], []]);
});

Deno.test("calls with one key wait for each other, and the second is answered with what the first started", async () => {
  const turns = new KeyedTurns();
  let kept: string | null = null;
  const call = (name: string) =>
    oncePerKey(turns, "ann", "key", {
      find: () => Promise.resolve(kept),
      again: (existing) => `${existing} again`,
      start: () => Promise.resolve(kept = name),
    });
  assert.deepEqual(await Promise.all([call("first"), call("second")]), ["first", "first again"]);
});
