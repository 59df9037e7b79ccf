import assert from "node:assert/strict";
import { setImmediate } from "node:timers";
import { COST_PER_TURN, LoopTurns } from "./loop_turns.ts";
import { LoopMeter } from "./testing/loop_meter.ts";

/** A turn of the event loop. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

Deno.test("LoopTurns does in a turn of the event loop what fits, and what is too much in those that follow", async () => {
  const turns = new LoopTurns();
  const meter = new LoopMeter();
  const work = Array.from({ length: 40 }, () => turns.take("a", COST_PER_TURN / 2).then(() => meter.note()));
  await Promise.all(work);
  assert.equal(meter.total, 40);
  // A turn of the meter may end between two of those.
  assert.ok(meter.most <= 4, `${meter.most}`);
  assert.equal(turns.waiting, 0);
});

Deno.test("LoopTurns gives those who wait equal shares by cost, however many pieces each has", async () => {
  const turns = new LoopTurns();
  await turns.take("before", COST_PER_TURN);
  const order: string[] = [];
  const note = (who: string) => () => void order.push(who);
  const work = [
    ...Array.from({ length: 100 }, () => turns.take("many", COST_PER_TURN).then(note("many"))),
    ...Array.from({ length: 20 }, () => turns.take("small", COST_PER_TURN / 10).then(note("small"))),
    turns.take("one", COST_PER_TURN).then(note("one")),
  ];
  await Promise.all(work);
  // Ten of the small ones cost as much as one of the others.
  assert.ok(order.indexOf("one") <= 12, order.join(" "));
  assert.ok(order.lastIndexOf("small") <= 23, order.join(" "));
  assert.equal(order.length, 121);
});

Deno.test("LoopTurns does a piece that costs more than a turn", async () => {
  const turns = new LoopTurns();
  await turns.take("a", 3 * COST_PER_TURN);
  await Promise.all([turns.take("a", 3 * COST_PER_TURN), turns.take("b", 3 * COST_PER_TURN)]);
  await turn();
  assert.equal(turns.waiting, 0);
});

Deno.test("LoopTurns forgets what nobody wants any more, and does the rest", async () => {
  const turns = new LoopTurns();
  await turns.take("a", COST_PER_TURN);
  const gone = new AbortController();
  const order: string[] = [];
  const work = ["first", "left", "last"].map((name) =>
    turns.take("a", COST_PER_TURN, name === "left" ? gone.signal : undefined).then(
      () => order.push(name),
      () => order.push("-"),
    )
  );
  gone.abort();
  assert.equal(turns.waiting, 2);
  await Promise.all(work);
  assert.deepEqual(order, ["-", "first", "last"]);
  assert.equal(turns.waiting, 0);
  await turns.take("a", COST_PER_TURN);
  await assert.rejects(turns.take("a", COST_PER_TURN, gone.signal), { name: "AbortError" });
  await turn();
});

Deno.test("LoopTurns lets a small piece wait for nothing", async () => {
  const turns = new LoopTurns();
  const order: string[] = [];
  const large = Array.from({ length: 3 }, () => turns.take("a", COST_PER_TURN).then(() => order.push("large")));
  const small = Array.from({ length: 3 }, () => turns.take("a", COST_PER_TURN / 20).then(() => order.push("small")));
  await Promise.all([...large, ...small]);
  assert.deepEqual(order, ["large", "small", "small", "small", "large", "large"]);
});
