import assert from "node:assert/strict";
import { suite } from "../../../tests/testing/suite.ts";
import type { WorkerRecord, WorkerRegistry } from "../ports.ts";

/** A registry under test. */
export interface OpenWorkerRegistry {
  readonly workers: WorkerRegistry;
  /** The same as another server has it. */
  readonly other: WorkerRegistry;
  readonly leaseMilliseconds: number;
  /** Lets so many milliseconds pass by the storage's clock. */
  later(milliseconds: number): Promise<void>;
  close(): Promise<void>;
}

/** What every registry must do. `open` gives an empty one and `close` lets it go. */
export function testWorkerRegistry(name: string, open: () => Promise<OpenWorkerRegistry>): void {
  const test = suite(name, open);

  test("tells every server of the workers that are there, by their names", async ({ workers, other }) => {
    await workers.announce(worker("b"));
    await other.announce(worker("a"));
    assert.deepEqual(await workers.present(), [worker("a"), worker("b")]);
    assert.deepEqual(await other.present(), [worker("a"), worker("b")]);
  });

  test("has what a worker said last", async ({ workers, other }) => {
    await workers.announce(worker("a"));
    const changed: WorkerRecord = { ...worker("a"), version: "2.0.0", memoryBytes: 6e9, layers: ["conv1_1"] };
    await other.announce(changed);
    assert.deepEqual(await workers.present(), [changed]);
  });

  test("forgets those that were withdrawn", async ({ workers, other }) => {
    await workers.announce(worker("a"));
    await workers.announce(worker("b"));
    await other.withdraw("a");
    await other.withdraw("x");
    assert.deepEqual(await workers.present(), [worker("b")]);
  });

  test("forgets those that have not said for a lease that they are there", async (opened) => {
    const { workers, leaseMilliseconds, later } = opened;
    await workers.announce(worker("a"));
    await workers.announce(worker("b"));
    await later(leaseMilliseconds - 1000);
    await workers.announce(worker("b"));
    await later(2000);
    assert.deepEqual(await workers.present(), [worker("b")]);
    await workers.announce(worker("a"));
    assert.deepEqual(await workers.present(), [worker("a"), worker("b")]);
  });
}

function worker(name: string): WorkerRecord {
  return {
    name,
    version: "1.0.0",
    engine: { backend: "onnx", device: "cpu", precision: "float32", version: "1.30.0" },
    memoryBytes: 8e9,
    layers: ["conv1_1", "conv2_1"],
    weightsSha256: "0".repeat(64),
  };
}
