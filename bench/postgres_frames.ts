/**
 * What the newest frames cost PostgreSQL: `deno task bench postgres_frames [transfers] [frames a second of each] [KiB] [seconds]`.
 *
 * One connection pool shows frames under claims, another asks for the newest and reads it, as an API server does. How much of
 * the write-ahead log they take and how large the table gets is the database's own count.
 */
import { SILENT_LOG } from "../transfers/log.ts";
import type { Claim } from "../transfers/storage/ports.ts";
import { Listener } from "../transfers/storage/postgres/listener.ts";
import { PostgresLiveFrames } from "../transfers/storage/postgres/postgres_live_frames.ts";
import { PostgresQueue } from "../transfers/storage/postgres/postgres_queue.ts";
import { useDisk } from "../transfers/storage/postgres/testing/postgres_server.ts";
import { TemporaryDatabase } from "../transfers/storage/postgres/testing/temporary_database.ts";
import { NO_NEEDS, WORKER } from "../transfers/testing/records.ts";
import { quantile, row } from "./table.ts";

const [transfers = 4, rate = 5, kibibytes = 300, seconds = 20] = Deno.args.map(Number);
const SIDE = 1024;

await using temporary = await TemporaryDatabase.make();
const database = await temporary.open();
await useDisk(database);
await using listener = new Listener(database, SILENT_LOG);
using queue = new PostgresQueue(database, listener);
await using shown = new PostgresLiveFrames(database, SILENT_LOG);
await using seen = new PostgresLiveFrames(await temporary.open(), SILENT_LOG);
const claims: Claim[] = [];
for (let i = 0; i < transfers; i++) {
  await queue.reserve({ id: `t${i}`, owner: "local", priority: 0, role: "USER", needs: NO_NEEDS }, null);
  await queue.confirm(`t${i}`);
  claims.push((await queue.claim(WORKER))!);
}
// As little of it is alike as of a picture that is compressed.
const bytes = new Uint8Array(kibibytes * 1024);
for (let i = 0; i < bytes.length; i += 65_536) crypto.getRandomValues(bytes.subarray(i, i + 65_536));

const shows: number[] = [];
const reads: number[] = [];
let sizes = 0;
const logBefore = await logPosition();
const began = performance.now();
await Promise.all(claims.map(async (claim, i) => {
  for (let step = 0; step < rate * seconds; step++) {
    const due = began + (step + i / transfers) * 1000 / rate;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
    shows.push(await timed(() => shown.show(claim, { step, width: SIDE, height: SIDE, bytes })));
    reads.push(
      await timed(async () => {
        const newest = await seen.newest(claim.id);
        await seen.read(claim.id, newest!.step);
      }),
    );
    if (step % rate === 0 && i === 0) sizes = Math.max(sizes, await tableBytes());
  }
}));
const logged = await logPosition() - logBefore;
const frames = shows.length;
console.log(row("what", "p50 ms", "p99 ms", "most ms"));
console.log(row("---", "---", "---", "---"));
for (const [what, times] of [["show", shows], ["newest and its bytes", reads]] as const) {
  console.log(row(what, ...[0.5, 0.99, 1].map((share) => quantile(times, share).toFixed(1))));
}
console.log(
  `\n${frames} frames of ${kibibytes} KiB, ${(frames * kibibytes / 1024).toFixed(0)} MiB together: ` +
    `${(logged / frames).toFixed(0)} bytes of the write-ahead log each; the table took ${
      (sizes / 2 ** 20).toFixed(0)
    } MiB at most`,
);

async function timed(call: () => Promise<unknown>): Promise<number> {
  const before = performance.now();
  await call();
  return performance.now() - before;
}

async function logPosition(): Promise<number> {
  return (await database.first<{ at: number }>("SELECT pg_current_wal_insert_lsn() - '0/0' AS at"))!.at;
}

async function tableBytes(): Promise<number> {
  return (await database.first<{ bytes: number }>("SELECT pg_total_relation_size('live_frames') AS bytes"))!.bytes;
}
