/**
 * How late events reach many watchers: `deno task bench watchers [watchers] [transfers] [events a second] [seconds]`.
 *
 * Each watcher has a key and a WebSocket of its own; all are in this process, the server in another. Lateness is from the
 * time that the event's log has to that at which its message was read here.
 */
import { GRAPHQL_TRANSPORT_WS_PROTOCOL } from "graphql-ws";
import project from "../deno.json" with { type: "json" };
import { row } from "./table.ts";

const [watchers = 1000, transfers = 20, rate = 10, seconds = 30] = Deno.args.map(Number);
/** As the server's task has it: without it the heap grows to twice what is alive before V8 collects. */
const HEAP_FLAG = /--v8-flags=\S+/.exec(project.tasks.start.command)![0];
/** Seconds at the start that do not count: the server's code is not yet compiled. */
const WARM_UP = 5;

const server = new Deno.Command(Deno.execPath(), {
  args: [
    "run",
    "--allow-all",
    HEAP_FLAG,
    new URL("watchers_server.ts", import.meta.url).pathname,
    ...[watchers, transfers, rate, rate * (seconds + WARM_UP)].map(String),
  ],
  env: { DENO_TOKIO_EVENT_INTERVAL: "4" },
  stdin: "piped",
  stdout: "piped",
}).spawn();
const lines = server.stdout.pipeThrough(new TextDecoderStream())[Symbol.asyncIterator]();
let said = "";
while (!said.includes("\n")) said += (await lines.next()).value ?? "\n";
const { url, watched } = JSON.parse(said) as { url: string; watched: { key: string; transfer: string }[] };

const late: number[] = [];
let ended = 0;
let counts = false;
const over = Promise.withResolvers<void>();

function residentMegabytes(): number {
  const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(Deno.readTextFileSync(`/proc/${server.pid}/status`))!;
  return Number(kilobytes) / 1024;
}

async function watch({ key, transfer }: { key: string; transfer: string }): Promise<void> {
  const socket = new WebSocket(`${url.replace("http", "ws")}/graphql`, GRAPHQL_TRANSPORT_WS_PROTOCOL);
  const query =
    `subscription { transferProgress(id: "${transfer}") { sequence at status step losses { total content style } } }`;
  const { promise: following, resolve } = Promise.withResolvers<void>();
  socket.onopen = () =>
    socket.send(JSON.stringify({ type: "connection_init", payload: { authorization: `Bearer ${key}` } }));
  socket.onmessage = ({ data }) => {
    const { type, payload } = JSON.parse(data);
    if (type === "connection_ack") socket.send(JSON.stringify({ id: "1", type: "subscribe", payload: { query } }));
    if (type === "next") {
      if (counts) late.push(Date.now() - Date.parse(payload.data.transferProgress.at));
      resolve();
    }
    if (type === "complete" && ++ended === watchers) over.resolve();
  };
  socket.onclose = () => {
    if (ended < watchers) throw new Error("The server closed a socket");
  };
  await following;
}

const before = residentMegabytes();
for (let i = 0; i < watched.length; i += 50) await Promise.all(watched.slice(i, i + 50).map(watch));
const connected = residentMegabytes();
let most = 0;
const look = setInterval(() => most = Math.max(most, residentMegabytes()), 1000);
const writer = server.stdin.getWriter();
await writer.write(new Uint8Array([10]));
setTimeout(() => counts = true, 1000 * WARM_UP);
const began = performance.now();
await over.promise;
const took = (performance.now() - began) / 1000;
clearInterval(look);
server.kill("SIGKILL");

late.sort((a, b) => a - b);
const at = (share: number) => `${late[Math.min(late.length - 1, Math.floor(share * late.length))]} ms`;
const within = late.filter((milliseconds) => milliseconds <= 100).length / late.length;
const HEAD = ["watchers", "events sent", "within 100 ms", "median", "p99", "memory before, connected, at most"];
console.log(row(...HEAD));
console.log(row(...HEAD.map(() => "---")));
console.log(
  row(
    `${watchers} on ${transfers} transfers at ${rate} a second`,
    `${late.length} in ${took.toFixed(0)} s, of which ${seconds + WARM_UP} were meant`,
    `${(100 * within).toFixed(1)} %`,
    at(0.5),
    at(0.99),
    [before, connected, most].map((megabytes) => `${megabytes.toFixed(0)} MB`).join(", "),
  ),
);
Deno.exit(0);
