import assert from "node:assert/strict";
import { suite } from "../../../tests/testing/suite.ts";
import type { Exclusion } from "../ports.ts";

/** What keeps servers apart, under test. */
export interface OpenExclusion {
  readonly exclusion: Exclusion;
  /** The same as another server has it. */
  readonly other: Exclusion;
  close(): Promise<void>;
}

/** What every exclusion must do. `open` gives one and `close` lets it go. */
export function testExclusion(name: string, open: () => Promise<OpenExclusion>): void {
  const test = suite(name, open);

  test("lets one call of a key run at a time, on whichever server", async ({ exclusion, other }) => {
    let under = 0;
    let most = 0;
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        (i % 2 === 0 ? exclusion : other).inTurn("a", async () => {
          most = Math.max(most, ++under);
          await nextTask();
          under--;
          return i;
        })),
    );
    assert.equal(most, 1);
    assert.deepEqual(results, Array.from({ length: 20 }, (_, i) => i));
  });

  test("lets calls of other keys run meanwhile", async ({ exclusion, other }) => {
    const { promise: inner, resolve } = Promise.withResolvers<void>();
    await Promise.all([
      exclusion.inTurn("a", () => inner),
      exclusion.inTurn("b", () => other.inTurn("c", () => Promise.resolve(resolve()))),
    ]);
  });

  test("lets any number of keys wait for their turns", async ({ exclusion, other }) => {
    let done = 0;
    await Promise.all(
      Array.from({ length: 100 }, (_, i) =>
        (i % 2 === 0 ? exclusion : other).inTurn(`${i % 50}`, async () => {
          await nextTask();
          done++;
        })),
    );
    assert.equal(done, 100);
  });

  test("goes on after a call that failed, and tells its failure", async ({ exclusion, other }) => {
    await assert.rejects(exclusion.inTurn("a", () => Promise.reject(new Error("no"))), /^Error: no$/);
    assert.equal(await other.inTurn("a", () => Promise.resolve(1)), 1);
    assert.equal(await exclusion.inTurn("a", () => Promise.resolve(2)), 2);
  });

  test("has one server lead a task, and another when that has stopped", async ({ exclusion, other }) => {
    const told: string[] = [];
    const begun = { first: Promise.withResolvers<void>(), second: Promise.withResolvers<void>() };
    const lead = (leader: keyof typeof begun) => async (lost: AbortSignal) => {
      told.push(`${leader} begins`);
      begun[leader].resolve();
      await aborted(lost);
      told.push(`${leader} ends`);
    };
    const first = exclusion.lead("task", lead("first"));
    await begun.first.promise;
    const second = other.lead("task", lead("second"));
    // Whoever leads another task is not in its way.
    const { promise: apart, resolve } = Promise.withResolvers<void>();
    await using _third = other.lead("other task", () => Promise.resolve(resolve()));
    await apart;
    assert.deepEqual(told, ["first begins"]);
    await first[Symbol.asyncDispose]();
    await begun.second.promise;
    await second[Symbol.asyncDispose]();
    assert.deepEqual(told, ["first begins", "first ends", "second begins", "second ends"]);
  });

  test("never begins a task of a server that stopped before its turn", async ({ exclusion, other }) => {
    const { promise: begun, resolve } = Promise.withResolvers<void>();
    const first = exclusion.lead("task", (lost) => {
      resolve();
      return aborted(lost);
    });
    await begun;
    const second = other.lead("task", () => assert.fail());
    await second[Symbol.asyncDispose]();
    await first[Symbol.asyncDispose]();
  });
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

/** Lets whatever is ready run. */
function nextTask(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
