import assert from "node:assert/strict";
import { suite } from "../../../tests/testing/suite.ts";
import type { EventBus } from "../ports.ts";

/** What every bus must do. `open` gives one and `close` lets it go. */
export function testEventBus(name: string, open: () => Promise<{ bus: EventBus; close: () => Promise<void> }>): void {
  const test = suite(name, open);
  const at = (sequence: number, statusSequence = 0) => ({ sequence, statusSequence });

  test("wakes every watch of the transfer and no other", async ({ bus }) => {
    using first = await bus.watch("a");
    using second = await bus.watch("a");
    using other = await bus.watch("b");
    const woken = Promise.all([first.changed(0), second.changed(0)]);
    await bus.publish("a", at(1, 1));
    await woken;
    assert.deepEqual(first.position, at(1, 1));
    assert.deepEqual(second.position, at(1, 1));
    assert.deepEqual(other.position, at(0));
  });

  test("misses nothing that came before it was asked", async ({ bus }) => {
    using watch = await bus.watch("a");
    await bus.publish("a", at(3));
    await watch.changed(2);
    assert.equal(watch.position.sequence, 3);
  });

  test("waits for what is newer than was asked", async ({ bus }) => {
    using watch = await bus.watch("a");
    let changed = false;
    const waiting = watch.changed(3).then(() => changed = true);
    await bus.publish("a", at(3));
    await bus.publish("a", at(2));
    assert.equal(changed, false);
    await bus.publish("a", at(4));
    await waiting;
  });

  test("keeps the newest change of status through later news", async ({ bus }) => {
    using watch = await bus.watch("a");
    await bus.publish("a", at(2, 2));
    await bus.publish("a", at(3));
    await watch.changed(2);
    assert.deepEqual(watch.position, at(3, 2));
  });

  test("wakes a watch that is disposed of, and forgets it", async ({ bus }) => {
    const watch = await bus.watch("a");
    const waiting = watch.changed(0);
    watch[Symbol.dispose]();
    await waiting;
    await watch.changed(99);
    await bus.publish("a", at(5));
    assert.equal(watch.position.sequence, 0);
  });
}
