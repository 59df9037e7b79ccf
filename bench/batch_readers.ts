/**
 * How /health fares beside many who follow a batch and select much of it in every event:
 * `deno task bench batch_readers [readers] [transfers selected] [seconds]`.
 *
 * The server is the real one in a process of its own, its batch 100 small transfers that run one after another. Readers
 * take what comes and look at nothing of it.
 */
import { connectWebSocket, frame, writeAll } from "../server/testing/wire.ts";
import { ServerProcess } from "../tests/testing/server_process.ts";
import { row } from "./table.ts";

const [readers = 400, selected = 5, seconds = 20] = Deno.args.map(Number);
const CELLS = 100;
/** Milliseconds between two looks at /health. */
const LOOK_MS = 20;

const START = `mutation ($input: StartBatchInput!) { startBatch(input: $input) { batch { id } } }`;
const TRANSFERS = selected === 0 ? "" : `batch { transfers(first: ${selected}) { edges { node {
  id status step steps progress createdAt startedAt finishedAt owner secondsPerStep
  options { width height steps seed contentWeight styleWeight tvWeight pooling color preset averaging styleScale frameEvery }
  losses { total content style tv layers { kind layer value } }
  content { id url width height byteLength } styles { weight image { id url width height } } result { id url } frame { step url }
} } } }`;

// As the task has it: with more, peers are looked at less often while there is work.
await using server = await ServerProcess.start({ env: { AUTH: "off", DENO_TOKIO_EVENT_INTERVAL: "4" } });
const variations = Array.from({ length: CELLS }, (_, i) => ({ name: `${i}`, seed: i }));
const input = {
  contents: [{ sample: "city-at-night" }],
  styles: [[{ image: { sample: "geometry" } }]],
  base: { size: 32, steps: 2000 },
  variations,
};
const response = await fetch(`${server.url}/graphql`, {
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ query: START, variables: { input } }),
});
const { data, errors } = await response.json();
if (!data) throw new Error(JSON.stringify(errors));
const query =
  `subscription { batchProgress(id: "${data.startBatch.batch.id}", after: "0") { cursor progress { step } ${TRANSFERS} } }`;

let bytes = 0;
let refusal = "";
async function read(): Promise<void> {
  const connection = await connectWebSocket(server.url);
  await writeAll(connection, frame('{"type":"connection_init"}'));
  await connection.read(new Uint8Array(4096));
  await writeAll(connection, frame(JSON.stringify({ id: "1", type: "subscribe", payload: { query } })));
  const buffer = new Uint8Array(2 ** 16);
  for (;;) {
    const taken = await connection.read(buffer);
    if (taken === null) return;
    bytes += taken;
    const text = new TextDecoder().decode(buffer.subarray(0, Math.min(taken, 300)));
    if (text.includes('"type":"error"')) refusal = text;
  }
}

const times: number[] = [];
async function look(): Promise<void> {
  const begun = performance.now();
  await (await fetch(`${server.url}/health`)).text();
  times.push(performance.now() - begun);
}

for (let i = 0; i < 50; i++) await look();
const quiet = times.splice(0).sort((a, b) => a - b);
for (let i = 0; i < readers; i++) read().catch(() => {});
const end = performance.now() + 1000 * seconds;
let memory = 0;
while (performance.now() < end) {
  await look();
  memory = Math.max(memory, server.memory);
  await new Promise((resume) => setTimeout(resume, LOOK_MS));
}
times.sort((a, b) => a - b);
const at = (sorted: readonly number[], share: number) =>
  `${sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!.toFixed(1)} ms`;
const HEAD = [
  "readers, transfers selected",
  "/health alone: p50",
  "beside them: p50",
  "p99",
  "longest",
  "looks",
  "MB sent",
  "memory",
];
console.log(row(...HEAD));
console.log(row(...HEAD.map(() => "---")));
console.log(row(
  `${readers}, ${selected}`,
  at(quiet, 0.5),
  at(times, 0.5),
  at(times, 0.99),
  at(times, 1),
  `${times.length}`,
  (bytes / 1e6).toFixed(0),
  `${(memory / 1e6).toFixed(0)} MB`,
));
if (refusal) console.log(refusal);
await server.kill();
Deno.exit(0);
