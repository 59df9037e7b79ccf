import assert from "node:assert/strict";
import { transferRecord } from "../transfers/testing/records.ts";
import { Metrics } from "./metrics.ts";

const VITALS = { waiting: 3, running: 1, watchers: 4, engines: 1, storageWritable: false };
const FIGURES = { connections: 5, heldBytes: 4096, sockets: 2, residentBytes: 123_456_789 };

Deno.test("Metrics.text() writes every figure in Prometheus' text format, by its conventions", async () => {
  const lines = (await new Metrics().text(VITALS, FIGURES)).split("\n");
  assert.equal(lines.pop(), "");
  for (
    const line of [
      "gramcast_transfers_waiting 3",
      "gramcast_transfers_running 1",
      'gramcast_transfers_ended_total{status="FAILED"} 0',
      "gramcast_watchers 4",
      "gramcast_connections 5",
      "gramcast_held_bytes 4096",
      "gramcast_sockets 2",
      "gramcast_storage_writable 0",
      "process_resident_memory_bytes 123456789",
    ]
  ) assert.ok(lines.includes(line), line);
  assert.ok(lines.some((line) => /^gramcast_build_info\{version="\d+\.\d+\.\d+",deno="[\d.]+"\} 1$/.test(line)));
  const described = lines.flatMap((line) => /^# HELP (\S+) \S.*\.$/.exec(line)?.[1] ?? []);
  const typed = lines.flatMap((line) => /^# TYPE (\S+) (counter|gauge|histogram)$/.exec(line)?.[1] ?? []);
  assert.deepEqual(described, typed);
  for (const name of typed) assert.match(name, /^(gramcast|process)_[a-z_]+$/);
  for (const line of lines.filter((line) => line.endsWith(" counter"))) assert.match(line, /_total counter$/);
});

Deno.test("Metrics has histograms of waits, steps, deliveries and requests, and counts transfers that end", async () => {
  const metrics = new Metrics();
  const record = transferRecord({ status: "SUCCEEDED" });
  metrics.began(record, 2);
  metrics.stepped(record, { step: 1, seconds: 0.3 });
  metrics.delivered(0.004);
  metrics.ended(record);
  metrics.answered({ method: "POST", path: "/graphql", operation: "mutation", status: 200, seconds: 0.02 });
  metrics.answered({ method: "GET", path: "/images/1", operation: "picture", status: 404, seconds: 0.02 });
  const lines = (await metrics.text(VITALS, FIGURES)).split("\n");
  for (
    const line of [
      'gramcast_queue_wait_seconds_bucket{le="1"} 0',
      'gramcast_queue_wait_seconds_bucket{le="5"} 1',
      'gramcast_step_seconds_bucket{le="0.5"} 1',
      "gramcast_step_seconds_sum 0.3",
      'gramcast_frame_delivery_seconds_bucket{le="0.005"} 1',
      'gramcast_transfers_ended_total{status="SUCCEEDED"} 1',
      'gramcast_request_duration_seconds_count{operation="mutation",status="2xx"} 1',
      'gramcast_request_duration_seconds_count{operation="picture",status="4xx"} 1',
    ]
  ) assert.ok(lines.includes(line), line);
});
