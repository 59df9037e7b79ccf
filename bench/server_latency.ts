/**
 * How the server answers while a transfer runs on the same machine, and how soon the first frame comes:
 *
 *     deno task bench server_latency [size of the transfer that runs] [seconds]
 */
import { createClient } from "graphql-ws";
import { startTransfer, webSocketUrl } from "../tests/testing/client.ts";
import { ServerProcess } from "../tests/testing/server_process.ts";
import { quantile, row } from "./table.ts";

const size = Number(Deno.args[0] ?? 668);
const seconds = Number(Deno.args[1] ?? 60);

const FOLLOW = `subscription Follow($id: ID!) {
  transferProgress(id: $id) { status step frame { dataUrl(maxSize: 256) } }
}`;

interface Progress {
  readonly transferProgress: { readonly status: string; readonly step: number; readonly frame: object | null };
}

await using server = await ServerProcess.start({ env: { ENGINE: Deno.env.get("ENGINE") ?? "auto" } });
const { url } = server;
const client = createClient({ url: webSocketUrl(url) });
try {
  await firstFrame(64);
  const first = [await firstFrame(256), await firstFrame(256), await firstFrame(256)];
  const times = await healthDuring(await start(size, null));
  console.log(row("what", "milliseconds"));
  console.log(row("---", "---"));
  console.log(
    row("startTransfer to the first frame at 256², warm engine", first.map((ms) => ms.toFixed(0)).join(", ")),
  );
  console.log(row(`/health while ${size}² runs, median of ${times.length}`, quantile(times, 0.5).toFixed(1)));
  console.log(row("99th percentile", quantile(times, 0.99).toFixed(1)));
  console.log(row("longest", quantile(times, 1).toFixed(1)));
} finally {
  await client.dispose();
}

function start(size: number, steps: number | null): Promise<string> {
  const styles = [{ image: { sample: "starry-swirls" } }];
  return startTransfer(url, { preset: "CLASSIC", size, steps, content: { sample: "city-at-night" }, styles });
}

/** Milliseconds from the mutation to the first frame over the WebSocket; waits for the end of the transfer. */
async function firstFrame(size: number): Promise<number> {
  const started = performance.now();
  let first = NaN;
  for await (const { data } of client.iterate<Progress>({ query: FOLLOW, variables: { id: await start(size, 3) } })) {
    if (data?.transferProgress.frame && isNaN(first)) first = performance.now() - started;
  }
  return first;
}

/** Milliseconds of each answer of /health, one every 20 ms, while somebody watches the transfer. */
async function healthDuring(id: string): Promise<number[]> {
  let running = true;
  const watching = (async () => {
    for await (const _ of client.iterate<Progress>({ query: FOLLOW, variables: { id } })) if (!running) break;
  })();
  const times: number[] = [];
  const end = performance.now() + 1000 * seconds;
  while (performance.now() < end) {
    const started = performance.now();
    await (await fetch(`${url}/health`)).text();
    times.push(performance.now() - started);
    await new Promise((resume) => setTimeout(resume, 20));
  }
  running = false;
  await watching;
  return times;
}
