import assert from "node:assert/strict";
import { suite } from "../../../tests/testing/suite.ts";
import { type Claim, ClaimLost, type LiveFrame, type LiveFrames, type TransferQueue } from "../ports.ts";

/** Live frames under test. */
export interface OpenLiveFrames {
  readonly frames: LiveFrames;
  /** The same as another server has them. */
  readonly other: LiveFrames;
  /** Of the same storage. */
  readonly queue: TransferQueue;
  close(): Promise<void>;
}

/** What live frames must do everywhere. `open` gives none and `close` lets them go. */
export function testLiveFrames(name: string, open: () => Promise<OpenLiveFrames>): void {
  const test = suite(name, open);

  test("shows every server the newest frame, and no other", async ({ frames, other, queue }) => {
    const claim = await claimed(queue, "a");
    assert.deepEqual([await other.newest("a"), await other.read("a", 1)], [null, null]);
    await frames.show(claim, frame(1));
    assert.deepEqual(await other.newest("a"), { step: 1, width: 300, height: 2 });
    assert.deepEqual(await other.read("a", 1), frame(1).bytes);
    await frames.show(claim, frame(2));
    assert.deepEqual(await other.newest("a"), { step: 2, width: 300, height: 2 });
    assert.equal(await other.read("a", 1), null);
    assert.deepEqual(await other.read("a", 2), frame(2).bytes);
  });

  test("keeps the frames of transfers apart", async ({ frames, other, queue }) => {
    await frames.show(await claimed(queue, "a"), frame(1));
    await frames.show(await claimed(queue, "b"), frame(2));
    await frames.remove("b");
    await frames.remove("x");
    assert.deepEqual([(await other.newest("a"))?.step, await other.newest("b")], [1, null]);
  });

  test("shows the step that a transfer has gone back to", async ({ frames, other, queue }) => {
    const claim = await claimed(queue, "a");
    await frames.show(claim, frame(7));
    await frames.show(claim, frame(3));
    assert.equal((await other.newest("a"))?.step, 3);
  });

  test("shows nothing under a claim that is lost", async ({ frames, other, queue }) => {
    const stale = await claimed(queue, "a");
    await frames.show(stale, frame(1));
    await queue.release(stale);
    await assert.rejects(other.show(stale, frame(2)), ClaimLost);
    const claim = (await queue.claim(WORKER))!;
    await assert.rejects(frames.show(stale, frame(3)), ClaimLost);
    await other.show(claim, frame(4));
    await queue.settle("a");
    await assert.rejects(frames.show(claim, frame(5)), ClaimLost);
    assert.equal((await frames.newest("a"))?.step, 4);
  });
}

const WORKER = { name: "w", memoryBytes: null, layers: null };

async function claimed(queue: TransferQueue, id: string): Promise<Claim> {
  const needs = { memoryBytes: 0, layers: [] };
  await queue.reserve({ id, owner: "local", priority: 0, role: "USER", needs }, null);
  await queue.confirm(id);
  return (await queue.claim(WORKER))!;
}

function frame(step: number): LiveFrame {
  return { step, width: 300, height: 2, bytes: Uint8Array.from({ length: 10_000 }, (_, i) => i * step) };
}
