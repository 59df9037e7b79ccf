import assert from "node:assert/strict";
import { ServiceStage } from "../testing/service_stage.ts";

Deno.test("an event that many watch is read once for all of them, and reaches each", async () => {
  const reads = { get: 0, events: 0 };
  await using stage = await ServiceStage.open();
  const { store } = stage.ports;
  const counted = (name: "get" | "events") => {
    const read = store[name].bind(store) as (...args: unknown[]) => Promise<never>;
    store[name] = (...args: unknown[]) => (reads[name]++, read(...args));
  };
  stage.engine.hold();
  const { id } = await stage.start();
  await stage.engine.blocked();
  const streams = await Promise.all(Array.from({ length: 50 }, () => stage.transfers.progress(id, {})));
  const snapshots = await Promise.all(streams.map((stream) => stream.next()));
  const waiting = streams.map((stream) => stream.next());
  counted("get");
  counted("events");
  stage.engine.allow(1);
  const sequences = (await Promise.all(waiting)).map(({ value }) => value!.event.sequence);
  assert.deepEqual([...new Set(sequences)], [snapshots[0]!.value!.event.sequence + 1]);
  assert.ok(reads.get + reads.events < 10, JSON.stringify(reads));
  await Promise.all(streams.map((stream) => stream.return?.()));
});
