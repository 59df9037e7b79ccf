/**
 * How late events reach another server through PostgreSQL:
 * `deno task bench postgres_bus [events a second] [transfers] [watches] [seconds]`.
 *
 * One process appends steps to the logs of transfers and publishes them, as workers do; this one watches, as an API server does.
 * Lateness is from before a step is appended to when its watches hear of it, by the clock of this machine, and so is that to
 * when the events have been read. The database is on this machine's disk.
 */
import { SILENT_LOG } from "../transfers/log.ts";
import { MemoryBlobs } from "../transfers/storage/blobs/memory_blobs.ts";
import { Database } from "../transfers/storage/postgres/database.ts";
import { Listener } from "../transfers/storage/postgres/listener.ts";
import { PostgresEventBus } from "../transfers/storage/postgres/postgres_event_bus.ts";
import { PostgresTransferStore } from "../transfers/storage/postgres/postgres_transfer_store.ts";
import { useDisk } from "../transfers/storage/postgres/testing/postgres_server.ts";
import { TemporaryDatabase } from "../transfers/storage/postgres/testing/temporary_database.ts";
import { statusOnly, stepEvent, transferRecord } from "../transfers/testing/records.ts";
import { sharedReads } from "../transfers/watch/shared_reads.ts";
import { quantile, row } from "./table.ts";

/** Of the other process: the URL of the database, and what it is to do. */
const [role] = Deno.args;
if (role === "worker") await work(Deno.args[1]!, ...Deno.args.slice(2).map(Number) as [number, number, number]);
else await measure(...Deno.args.map(Number));

async function measure(rate = 200, transfers = 20, watches = 1000, seconds = 20): Promise<void> {
  await using temporary = await TemporaryDatabase.make();
  const database = await temporary.open();
  await useDisk(database);
  const store = new PostgresTransferStore(database, new MemoryBlobs());
  for (let i = 0; i < transfers; i++) await store.create(transferRecord({ id: `t${i}` }), statusOnly("RUNNING"));
  await using listener = new Listener(database, SILENT_LOG);
  await using bus = new PostgresEventBus(database, listener, SILENT_LOG);
  await listener.tried;
  const reads = sharedReads(store);
  const heard: number[] = [];
  const read: number[] = [];
  let missing = 0;
  const open = await Promise.all(Array.from({ length: watches }, (_, i) => bus.watch(`t${i % transfers}`)));
  const ends = open.map(async (watch, i) => {
    const id = `t${i % transfers}`;
    for (let cursor = 1;;) {
      await watch.changed(cursor);
      const at = Date.now();
      const events = await reads.events(id, cursor, 64);
      if (events.length === 0) return;
      for (const event of events) {
        if (event.sequence !== ++cursor) missing++;
        heard.push(at - event.at);
        read.push(Date.now() - event.at);
      }
      if (cursor > rate * seconds / transfers) return;
    }
  });
  const worker = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--allow-all",
      new URL(import.meta.url).pathname,
      "worker",
      temporary.url,
      `${rate}`,
      `${transfers}`,
      `${seconds}`,
    ],
  }).spawn();
  const { success } = await worker.status;
  await Promise.all(ends);
  for (const watch of open) watch[Symbol.dispose]();
  if (!success) throw new Error("The worker failed");
  console.log(row("events a second", "watches", "what", "p50 ms", "p99 ms", "most ms"));
  console.log(row("---", "---", "---", "---", "---", "---"));
  for (const [what, values] of [["from before a step is kept to its news", heard], ["to its events", read]] as const) {
    const figures = [0.5, 0.99, 1].map((share) => quantile(values, share));
    console.log(row(rate, watches, what, ...figures));
  }
  console.log(
    `\n${heard.length / watches * transfers} events, each heard by ${watches / transfers} watches; ${missing} missing`,
  );
}

/** Appends and publishes steps at an even pace. */
async function work(url: string, rate: number, transfers: number, seconds: number): Promise<void> {
  const database = await Database.open(url, SILENT_LOG);
  {
    const store = new PostgresTransferStore(database, new MemoryBlobs());
    await using listener = new Listener(database, SILENT_LOG);
    await using bus = new PostgresEventBus(database, listener, SILENT_LOG);
    const began = performance.now();
    // Steps of one transfer follow each other, as those of one worker do.
    await Promise.all(Array.from({ length: transfers }, async (_, i) => {
      for (let step = 1; step <= rate * seconds / transfers; step++) {
        const due = began + ((step - 1) * transfers + i) * 1000 / rate;
        await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
        const event = { ...stepEvent(step), at: Date.now() };
        const record = await store.append(`t${i}`, { from: ["QUEUED"], changes: { step }, events: [event] });
        await bus.publish(`t${i}`, { sequence: record!.sequence, statusSequence: 0 });
      }
    }));
  }
  await database.close();
}
