/**
 * What the log of transfers costs in PostgreSQL, on a server of its own that waits for its disk as one does in earnest:
 *
 *     deno task bench postgres_log [seconds a round] [transfers]
 *
 * Steps are logged with the losses of 20 layers, under claims, by as many writers as there are transfers that run. Then
 * questions are asked of a database of that many transfers, each with 10 events.
 */
import type { Losses } from "../engine/objective/losses.ts";
import { SILENT_LOG } from "../transfers/log.ts";
import { MemoryBlobs } from "../transfers/storage/blobs/memory_blobs.ts";
import type { TransferStore } from "../transfers/storage/ports.ts";
import { Database } from "../transfers/storage/postgres/database.ts";
import { fence, nextEpoch } from "../transfers/storage/postgres/testing/fence.ts";
import { PostgresTransferStore } from "../transfers/storage/postgres/postgres_transfer_store.ts";
import { NO_POSTGRES } from "../transfers/storage/postgres/testing/postgres_programs.ts";
import { TemporaryDatabase } from "../transfers/storage/postgres/testing/temporary_database.ts";
import { TemporaryStorage } from "../transfers/storage/sqlite/testing/temporary_storage.ts";
import { statusOnly, stepEvent, transferRecord } from "../transfers/testing/records.ts";
import { median, row } from "./table.ts";

if (NO_POSTGRES !== null) {
  console.error(`Cannot measure: ${NO_POSTGRES}`);
  Deno.exit(1);
}
const seconds = Number(Deno.args[0] ?? 3);
const transfers = Number(Deno.args[1] ?? 100_000);
const ROUNDS = 3;
const LOSSES: Losses = {
  total: 1 / 3,
  content: 1 / 7,
  style: 1 / 11,
  tv: 1 / 13,
  layers: Array.from({ length: 20 }, (_, i) => ({ layer: `conv${i}`, kind: "style", value: 1 / (i + 17) })),
};

// It goes with its server, when this process ends.
const temporary = await TemporaryDatabase.make();
// So many rows at once take longer than any request may.
const patience = { connect: 5_000, statement: 600_000, answer: 600_000 };
const database = await Database.open(temporary.url, SILENT_LOG, { connections: 16, patience });
try {
  for (const setting of ["fsync = on", "full_page_writes = on", "autovacuum = on"]) {
    await database.run(`ALTER SYSTEM SET ${setting}`);
  }
  await database.run("SELECT pg_reload_conf()");
  await measureAppends();
  await measureQuestions();
} finally {
  await database.close();
}

async function measureAppends(): Promise<void> {
  await using local = await TemporaryStorage.open();
  const shared = new PostgresTransferStore(database, new MemoryBlobs());
  const kinds = [
    { name: "SQLite, 1 writer", store: local.storage.store, writers: 1, batch: 1 },
    { name: "PostgreSQL, 1 writer", store: shared, writers: 1, batch: 1 },
    { name: "PostgreSQL, 8 writers", store: shared, writers: 8, batch: 1 },
    { name: "PostgreSQL, 8 writers, 10 steps at once", store: shared, writers: 8, batch: 10 },
  ];
  const rounds = new Map<string, { perSecond: number[]; times: number[] }>();
  for (let round = 0; round < ROUNDS; round++) {
    for (const { name, store, writers, batch } of kinds) {
      const found = rounds.get(name) ?? { perSecond: [], times: [] };
      rounds.set(name, found);
      const begun = performance.now();
      const times = await Promise.all(Array.from({ length: writers }, () => write(store, batch)));
      found.perSecond.push(times.flat().length * batch / (performance.now() - begun) * 1000);
      found.times.push(...times.flat());
    }
  }
  console.log(row("writers", "steps a second", "p50 (ms)", "p99 (ms)"));
  console.log(row("---", "---", "---", "---"));
  for (const [name, { perSecond, times }] of rounds) {
    console.log(row(name, median(perSecond).toFixed(0), quantile(times, 0.5), quantile(times, 0.99)));
  }
  const { rows, bytes } = (await database.first<{ rows: number; bytes: number }>(
    "SELECT count(*) AS rows, pg_total_relation_size('events') AS bytes FROM events",
  ))!;
  console.log(`\n${(bytes / rows).toFixed(0)} bytes an event, its place in the index among them.`);
  const { hot, all } = (await database.first<{ hot: number; all: number }>(
    `SELECT pg_stat_get_tuples_hot_updated('transfers'::regclass) AS hot,
            pg_stat_get_tuples_updated('transfers'::regclass) AS all`,
  ))!;
  console.log(`${(100 * hot / all).toFixed(1)} % of the changes of records stay on their page.\n`);
}

/** Milliseconds of each append of a writer in so many seconds. */
async function write(store: TransferStore, batch: number): Promise<number[]> {
  const id = crypto.randomUUID();
  await store.create(transferRecord({ id }), statusOnly("QUEUED"));
  const epoch = store instanceof PostgresTransferStore ? await nextEpoch(database) : 1;
  if (store instanceof PostgresTransferStore) await fence(database, id, epoch);
  const held = store.under({ id, epoch });
  const times: number[] = [];
  const end = performance.now() + seconds * 1000;
  for (let step = 1; performance.now() < end; step += batch) {
    const events = Array.from({ length: batch }, (_, i) => ({ ...stepEvent(step + i), losses: LOSSES }));
    const begun = performance.now();
    await held.append(id, {
      from: ["QUEUED"],
      changes: { step: step + batch - 1, losses: LOSSES, secondsPerStep: 0.1 },
      events,
    });
    times.push(performance.now() - begun);
  }
  return times;
}

async function measureQuestions(): Promise<void> {
  const store = new PostgresTransferStore(database, new MemoryBlobs());
  await fill();
  const page = { owner: "o7", statuses: null, olderThan: null, newerThan: null, limit: 50, take: "newest" } as const;
  const questions: readonly (readonly [string, () => Promise<unknown>])[] = [
    ["a transfer by its id", () => store.get("t500")],
    ["its 10 events", () => store.events("t500", 0, 50)],
    ["its loss history of 5 points", () => store.lossHistory("t500", 5)],
    ["the newest 50 of all", () => store.list({ ...page, owner: null })],
    ["the newest 50 of an owner of 1 %", () => store.list(page)],
    ["the same, of two statuses that are rare", () => store.list({ ...page, statuses: ["QUEUED", "RUNNING"] })],
    ["the newest 50 in rare statuses", () => store.list({ ...page, owner: null, statuses: ["QUEUED", "RUNNING"] })],
    ["how many an owner has", () => store.count("o7", null)],
    ["how many there are", () => store.count(null, null)],
    ["those that run", () => store.withStatus(["RUNNING"])],
    ["uses of an image", () => store.imageUses("i500")],
    ["bytes of an owner", () => store.bytesOf("o7")],
    ["all that have ended, for retention", () => store.ended()],
  ];
  console.log(row(`asked of ${transfers} transfers`, "median (ms)", "longest (ms)"));
  console.log(row("---", "---", "---"));
  for (const [name, ask] of questions) {
    const times: number[] = [];
    for (let i = 0; i < 20; i++) {
      const begun = performance.now();
      await ask();
      times.push(performance.now() - begun);
    }
    console.log(row(name, median(times).toFixed(1), quantile(times, 1)));
  }
}

/** 100 owners; one transfer in 200 has not ended. */
async function fill(): Promise<void> {
  const { id: _, ...record } = transferRecord();
  await database.transaction(async (queries) => {
    await queries.run(
      `INSERT INTO transfers (id, owner, status, finished_at, sequence, at, former_at, silent, step, attempts, document)
       SELECT 't' || n, 'o' || n % 100,
              CASE WHEN n % 400 = 0 THEN 'QUEUED' WHEN n % 400 = 200 THEN 'RUNNING' ELSE 'SUCCEEDED' END,
              CASE WHEN n % 200 <> 0 THEN n END, 10, n, n, '{1}', 9, 0, $2::json
         FROM generate_series(1, $1::integer) AS n`,
      transfers,
      JSON.stringify(record),
    );
    await queries.run(
      `INSERT INTO transfer_images (transfer, image)
       SELECT ordinal, 'i' || ordinal % 1000 FROM transfers WHERE id LIKE 't%' ON CONFLICT DO NOTHING`,
    );
  });
  const AT_ONCE = 10_000;
  for (let from = 0; from < transfers; from += AT_ONCE) {
    await database.transaction(async (queries) => {
      await queries.run(
        `INSERT INTO events (transfer, sequence, at, status, step, steps, frame, losses)
         SELECT ordinal, event, event, 'RUNNING', event, 50, false,
                CASE WHEN event > 1 THEN decode(repeat('3fd5555555555555', 24), 'hex') END
           FROM transfers, generate_series(1, 10) AS event
          WHERE id LIKE 't%' AND substr(id, 2)::bigint > $1 AND substr(id, 2)::bigint <= $1 + $2`,
        from,
        AT_ONCE,
      );
    });
  }
  for (const table of ["transfers", "events", "transfer_images"]) await database.run(`VACUUM ANALYZE ${table}`);
}

function quantile(times: readonly number[], part: number): string {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))]!.toFixed(1);
}
