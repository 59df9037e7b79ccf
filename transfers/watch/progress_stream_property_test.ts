import assert from "node:assert/strict";
import fc from "fast-check";
import type { ProgressItem } from "../api.ts";
import { ProgressStage } from "../testing/progress_stage.ts";

/** Takes in what a subscriber is given, and asserts that no frame of it is older than it may be, and none is miscounted. */
class Reader {
  readonly seen: number[] = [];
  /** Sequence number of the last event that came with its frame. */
  lastFrame = 0;
  /** Sequence numbers of the events that have a frame. */
  readonly #frames: readonly number[];

  constructor(frames: readonly number[]) {
    this.#frames = frames;
  }

  take({ event: { sequence, step }, frame, skippedFrames }: ProgressItem): void {
    const passed = this.#frames.filter((each) => each > this.lastFrame && each <= sequence);
    assert.equal(skippedFrames, frame === null ? passed.length : passed.length - 1, `at ${sequence}`);
    if (frame !== null) {
      assert.deepEqual([passed.at(-1), frame.step], [sequence, step]);
      this.lastFrame = sequence;
    }
    this.seen.push(sequence);
  }
}

const ACTIONS = fc.array(fc.constantFrom("step", "frame", "read", "tick", "reconnect"), { maxLength: 200 });

for (const minInterval of [0, 100]) {
  const what = minInterval === 0 ? "without minInterval delivers every event once" : "with minInterval goes forwards";
  Deno.test(`ProgressStream ${what} and counts frames exactly, however it is read and left`, async () => {
    await fc.assert(
      fc.asyncProperty(ACTIONS, async (actions) => {
        const stage = await ProgressStage.running();
        const frames: number[] = [];
        let steps = 0;
        let reader = new Reader(frames);
        const seen: number[] = [];
        let stream = await stage.open({ after: 0, minInterval });
        let reading: Promise<void> | null = null;
        const read = async () => {
          const { value } = await stream.next();
          if (value !== undefined) reader.take(value);
          reading = null;
        };
        for (const action of actions) {
          if (action === "step" || action === "frame") {
            await stage.step(++steps, action === "frame");
            if (action === "frame") frames.push(steps + 2);
          }
          if (action === "read") reading ??= read();
          if (action === "tick") stage.clock.advance(60);
          if (action === "reconnect") {
            await stream.return();
            await reading;
            seen.push(...reader.seen);
            stream = await stage.open({ after: seen.at(-1) ?? 0, minInterval });
            reader = new Reader(frames);
            // What an earlier connection was told is not told again.
            reader.lastFrame = seen.at(-1) ?? 0;
          }
          await new Promise((resolve) => setTimeout(resolve));
        }
        await stage.status("SUCCEEDED");
        await reading;
        for await (const item of stream) reader.take(item);
        seen.push(...reader.seen);
        if (minInterval === 0) assert.deepEqual(seen, Array.from({ length: steps + 3 }, (_, i) => i + 1));
        assert.deepEqual(seen, [...new Set(seen)].sort((a, b) => a - b));
        assert.equal(seen.at(-1), steps + 3);
        // The newest frame has come, unless it had come, or gone, before the last connection.
        assert.ok(reader.lastFrame >= (frames.at(-1) ?? 0));
        assert.equal(stage.bus.watchers, 0);
      }),
      { numRuns: 40 },
    );
  });
}
