import assert from "node:assert/strict";
import fc from "fast-check";
import { Admission } from "./admission.ts";

/** Work that says when it runs and ends when it is told to. */
class Work {
  readonly #end = Promise.withResolvers<void>();
  running = false;
  done: Promise<void>;

  constructor(admission: Admission, bytes: number) {
    this.done = admission.run(bytes, async () => {
      this.running = true;
      await this.#end.promise;
      this.running = false;
    });
  }

  async finish(): Promise<void> {
    this.#end.resolve();
    await this.done;
  }
}

/** Lets every promise that can settle do so. */
function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

Deno.test("Admission never lets more in than the budget, and everybody in the end", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(120), { maxLength: 20 }), async (sizes) => {
      const admission = new Admission({ bytes: 100, places: 3 });
      let held = 0;
      let places = 0;
      await Promise.all(sizes.map((size) =>
        admission.run(size, async () => {
          held += Math.min(size, 100);
          places++;
          assert.ok(held <= 100 && places <= 3, `${held} bytes, ${places} at once`);
          await settled();
          held -= Math.min(size, 100);
          places--;
        })
      ));
      assert.deepEqual([held, places], [0, 0]);
    }),
    { numRuns: 20 },
  );
});

Deno.test("Admission lets nobody overtake who waits", async () => {
  const admission = new Admission({ bytes: 100, places: 8 });
  const [first, large, small] = [new Work(admission, 50), new Work(admission, 80), new Work(admission, 10)];
  await settled();
  assert.deepEqual([first.running, large.running, small.running], [true, false, false]);
  await first.finish();
  await settled();
  assert.deepEqual([large.running, small.running], [true, true]);
  await Promise.all([large.finish(), small.finish()]);
});

Deno.test("Admission lets what is larger than the budget run alone, and gives the place of what fails back", async () => {
  const admission = new Admission({ bytes: 100, places: 2 });
  const [huge, small] = [new Work(admission, 1e9), new Work(admission, 1)];
  await settled();
  assert.deepEqual([huge.running, small.running], [true, false]);
  await huge.finish();
  await small.finish();
  await assert.rejects(admission.run(100, () => Promise.reject(new RangeError("broken"))), /broken/);
  const last = new Work(admission, 100);
  await settled();
  assert.ok(last.running);
  await last.finish();
});
