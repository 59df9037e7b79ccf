import assert from "node:assert/strict";
import { isError } from "../testing/errors.ts";
import { SharedWork } from "./shared_work.ts";

/** Work that a test ends, unless it is broken off. */
class Work {
  readonly begun: { readonly end: (value: string) => void; readonly signal: AbortSignal }[] = [];

  readonly work = (signal: AbortSignal): Promise<string> => {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    signal.addEventListener("abort", () => reject(signal.reason));
    this.begun.push({ end: resolve, signal });
    return promise;
  };
}

const never = () => new AbortController().signal;

Deno.test("what several ask for is done once, and anew when it has been done", async () => {
  const [shared, { work, begun }] = [new SharedWork<string>(), new Work()];
  const both = ["a", "a", "b"].map((key) => shared.share(key, never(), work));
  assert.equal(begun.length, 2);
  begun[0]!.end("once");
  begun[1]!.end("other");
  assert.deepEqual(await Promise.all(both), ["once", "once", "other"]);
  const again = shared.share("a", never(), work);
  begun[2]!.end("again");
  assert.equal(await again, "again");
  assert.deepEqual(begun.map(({ signal }) => signal.aborted), [true, true, true]);
});

Deno.test("who leaves is not waited for, and work is broken off when the last has left", async () => {
  const [shared, { work, begun }] = [new SharedWork<string>(), new Work()];
  const [one, other] = [new AbortController(), new AbortController()];
  const asked = [one, other].map(({ signal }) => shared.share("a", signal, work));
  one.abort(new Error("gone"));
  await assert.rejects(asked[0]!, /^Error: gone$/);
  assert.ok(!begun[0]!.signal.aborted);
  other.abort(new Error("gone, too"));
  await assert.rejects(asked[1]!, /^Error: gone, too$/);
  assert.ok(begun[0]!.signal.aborted);
  // Who comes then gets work of its own.
  const late = shared.share("a", never(), work);
  begun[1]!.end("done");
  assert.equal(await late, "done");
  await assert.rejects(shared.share("a", one.signal, () => assert.fail()), /^Error: gone$/);
});

Deno.test("what fails fails for all who ask", async () => {
  const shared = new SharedWork<string>();
  const asked = [0, 1].map(() => shared.share("a", never(), () => Promise.reject(new Error("no"))));
  for (const { status } of await Promise.allSettled(asked)) assert.equal(status, "rejected");
});

Deno.test("when it is stopped, work is broken off and waited for, and none is begun", async () => {
  const [shared, { work, begun }] = [new SharedWork<string>(), new Work()];
  let ended = false;
  const slow = async (signal: AbortSignal) => {
    try {
      return await work(signal);
    } finally {
      await new Promise((resolve) => setTimeout(resolve));
      ended = true;
    }
  };
  const asked = assert.rejects(shared.share("a", never(), slow), isError("ENGINE_UNAVAILABLE", "is stopping"));
  await shared.stop();
  assert.ok(ended && begun[0]!.signal.aborted);
  await asked;
  await assert.rejects(shared.share("a", never(), work), isError("ENGINE_UNAVAILABLE", "is stopping"));
  assert.equal(begun.length, 1);
});
