import assert from "node:assert/strict";
import fc from "fast-check";
import type { BatchItem } from "../api.ts";
import { BatchStage } from "../testing/batch_stage.ts";
import { batchStatusOf, hasEnded, tallyOf, type TransferStatus } from "../types.ts";

const CELLS = 4;
const IDS = Array.from({ length: CELLS }, (_, i) => `t${i}`);

/** What one client has seen, over however many connections, and what it then has to be told. */
class Reader {
  /** Sequence numbers by transfer. */
  readonly seen = new Map<string, number[]>(IDS.map((id) => [id, []]));
  cursor: string | null;
  #statuses = new Map<string, TransferStatus>();
  #sum = 0;
  readonly #every: boolean;

  /** @param every Whether every event is wanted: from the first, and with no time in between. */
  constructor(every: boolean) {
    this.cursor = every ? "0" : null;
    this.#every = every;
    if (every) { for (const id of IDS) this.#statuses.set(id, "QUEUED"); }
  }

  /** Whether the last event of each transfer that it has seen is an end. */
  get hasSeenTheEnd(): boolean {
    return this.#statuses.size === CELLS && this.#statuses.values().every(hasEnded);
  }

  take({ cursor, sequence, status, done, count, progress: { event, transfer } }: BatchItem): void {
    const own = this.seen.get(transfer.id)!;
    assert.ok(event.sequence > (own.at(-1) ?? 0), `${transfer.id} goes back to ${event.sequence}`);
    if (this.#every) assert.equal(event.sequence, own.length + 1, `a hole, or a repeat, in ${transfer.id}`);
    this.#sum += event.sequence - (own.at(-1) ?? 0);
    assert.equal(sequence, this.#sum);
    own.push(event.sequence);
    this.cursor = cursor;
    this.#statuses.set(transfer.id, event.status);
    if (this.#statuses.size < CELLS) return;
    // All that it has seen is what it is told of the whole.
    const statuses = [...this.#statuses.values()];
    assert.equal(count, CELLS);
    assert.equal(done, statuses.filter(hasEnded).length);
    assert.equal(status, batchStatusOf(tallyOf(statuses.map((status) => ({ status, count: 1 })))));
  }
}

/** Written is less than can be read: most of the time a subscriber waits for what is next. */
const ACTION = fc.record({
  what: fc.oneof(
    { weight: 1, arbitrary: fc.constantFrom("step", "frame", "end", "resume", "reconnect") },
    { weight: 3, arbitrary: fc.constantFrom("read", "read", "tick") },
  ),
  id: fc.constantFrom(...IDS),
  /** Whether all is heard of before the next action, and not with that. */
  heard: fc.oneof({ weight: 3, arbitrary: fc.constant(true) }, fc.constant(false)),
});

for (const [minInterval, every] of [[0, true], [0, false], [100, true], [100, false]] as const) {
  const how = `${every ? "from the first" : "from a snapshot"}${minInterval === 0 ? "" : " with minInterval"}`;
  Deno.test(`BatchStream loses and repeats nothing ${how}, however it is read, left and taken up again`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(ACTION, { maxLength: 150 }), async (actions) => {
        const stage = await BatchStage.open(CELLS);
        const whole = every && minInterval === 0;
        const reader = new Reader(whole);
        if (every) reader.cursor = "0";
        let stream = await stage.follow({ after: reader.cursor, minInterval });
        let reading: Promise<void> | null = null;
        let left: unknown = null;
        const read = async () => {
          const from = stream;
          const { value } = await from.next();
          if (value !== undefined) reader.take(value);
          else if (from !== left) assert.ok(reader.hasSeenTheEnd, "it completes while something goes on");
          reading = null;
        };
        const reconnect = async () => {
          left = stream;
          await stream.return();
          await reading;
          stream = await stage.follow({ after: reader.cursor, minInterval });
        };
        for (const { what, id, heard } of actions) {
          const { status } = await stage.record(id);
          if ((what === "step" || what === "frame") && !hasEnded(status)) {
            if (status === "QUEUED") await stage.status(id, "RUNNING");
            await stage.step(id, what === "frame");
          }
          if (what === "end" && !hasEnded(status)) {
            await stage.status(id, status === "QUEUED" ? "CANCELLED" : "SUCCEEDED");
          }
          if (what === "resume" && hasEnded(status)) await stage.status(id, "QUEUED");
          if (what === "read") reading ??= read();
          if (what === "tick") stage.clock.advance(60);
          if (what === "reconnect") await reconnect();
          if (heard) await new Promise((resolve) => setTimeout(resolve));
        }
        for (const id of IDS) if (!hasEnded((await stage.record(id)).status)) await stage.status(id, "FAILED");
        await reading;
        // One that had seen the end of all before somebody resumed one is told of that when it asks again.
        await reconnect();
        for await (const item of stream) reader.take(item);
        assert.equal(stage.bus.watchers, 0);
        for (const id of IDS) {
          const { sequence } = await stage.record(id);
          const seen = reader.seen.get(id)!;
          assert.equal(seen.at(-1), sequence, `the end of ${id}`);
          if (minInterval > 0) {
            const changes = (await stage.store.events(id, seen[0]!, sequence)).filter(({ losses }) => losses === null);
            assert.ok(changes.every(({ sequence }) => seen.includes(sequence)), `a change of status of ${id}`);
          } else {
            assert.deepEqual(seen, seen.map((_, i) => seen[0]! + i));
          }
        }
      }),
      { numRuns: 40 },
    );
  });
}
