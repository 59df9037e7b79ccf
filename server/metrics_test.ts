import assert from "node:assert/strict";
import { metricsText } from "./metrics.ts";

Deno.test("metricsText() writes every figure in Prometheus' text format", () => {
  const text = metricsText({
    waiting: 3,
    running: 1,
    ended: { SUCCEEDED: 5, FAILED: 2, CANCELLED: 0 },
    steps: 700,
    stepSeconds: 350.25,
    watchers: 4,
    storageWritable: false,
  }, { connections: 5, heldBytes: 4096, sockets: 2, residentBytes: 123_456_789 });
  const lines = text.split("\n");
  assert.equal(lines.pop(), "");
  assert.deepEqual(lines.filter((line) => !line.startsWith("#")), [
    "gramcast_transfers_waiting 3",
    "gramcast_transfers_running 1",
    'gramcast_transfers_ended_total{status="SUCCEEDED"} 5',
    'gramcast_transfers_ended_total{status="FAILED"} 2',
    'gramcast_transfers_ended_total{status="CANCELLED"} 0',
    "gramcast_steps_total 700",
    "gramcast_step_seconds_total 350.25",
    "gramcast_watchers 4",
    "gramcast_connections 5",
    "gramcast_held_bytes 4096",
    "gramcast_sockets 2",
    "gramcast_storage_writable 0",
    "process_resident_memory_bytes 123456789",
  ]);
  const described = lines.flatMap((line) => /^# HELP (\S+) \S/.exec(line)?.[1] ?? []);
  const typed = lines.flatMap((line) => /^# TYPE (\S+) (counter|gauge)$/.exec(line)?.[1] ?? []);
  assert.deepEqual(described, typed);
  assert.equal(typed.length, 11);
});
