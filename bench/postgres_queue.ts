/**
 * How long the queue in PostgreSQL takes when much waits: `deno task bench postgres_queue [waiting] [rounds]`.
 *
 * Once with all of one owner, once with those of a thousand; at the end many claim at once. The database is on this machine's
 * disk, which each confirmation and each claim waits for, as long as "the disk alone" takes. How long the database's process
 * computes does not depend on what else this machine has to do; Linux counts it.
 */
import { SILENT_LOG } from "../transfers/log.ts";
import type { Claim } from "../transfers/storage/ports.ts";
import { Listener } from "../transfers/storage/postgres/listener.ts";
import { PostgresQueue } from "../transfers/storage/postgres/postgres_queue.ts";
import { useDisk } from "../transfers/storage/postgres/testing/postgres_server.ts";
import { TemporaryDatabase } from "../transfers/storage/postgres/testing/temporary_database.ts";
import { quantile, row } from "./table.ts";

const [waiting = 100_000, rounds = 500] = Deno.args.map(Number);
const CLAIMANTS = 16;
const NEEDS = { memoryBytes: 4e9, layers: ["conv1_1", "conv2_1"] };
const WORKER = { name: "worker", memoryBytes: 8e9, layers: ["conv1_1", "conv2_1", "conv4_3"] };
/** To fill it takes a while. */
const PATIENCE = { connect: 5_000, statement: 600_000, answer: 600_000 };
const MOST = { VIEWER: 0, USER: 1_000_000, ADMIN: null };

/** As `waiting` calls of `reserve` and `confirm` would leave it, in no particular order of owners and needs. */
const FILL = `
  INSERT INTO queue_kinds (role, memory_bytes, layers)
    SELECT 'USER', (i * 1e9)::bigint, '{conv1_1,conv2_1}' FROM generate_series(1, 20) AS i;
  INSERT INTO queue_lanes (owner, priority) SELECT 'owner ' || i, 0 FROM generate_series(0, OWNERS - 1) AS i;
  INSERT INTO queue (id, lane, kind, arrival, seat, confirmed)
    SELECT 't' || i, l.lane, k.kind, i, row_number() OVER (PARTITION BY l.lane ORDER BY i), true
      FROM generate_series(1, WAITING::bigint) AS i
      JOIN queue_lanes l ON l.owner = 'owner ' || (i * 7919 % OWNERS)
      JOIN queue_kinds k ON k.memory_bytes = (1 + i * 104729 % 20) * 1e9;
  INSERT INTO queue_blocks SELECT lane, seat / 256, count(*) FROM queue GROUP BY 1, 2;
  UPDATE queue_lanes l SET waiting = q.waiting, head = q.head, seats = q.waiting
    FROM (SELECT lane, count(*) AS waiting, min(arrival) AS head FROM queue GROUP BY lane) q WHERE q.lane = l.lane;
  INSERT INTO queue_heads SELECT q.lane, q.kind, l.owner, 0, 0, min(arrival)
    FROM queue q JOIN queue_lanes l USING (lane) GROUP BY q.lane, q.kind, l.owner;
  INSERT INTO queue_owners (owner, waiting) SELECT owner, waiting FROM queue_lanes;
  UPDATE queue_state SET arrivals = WAITING, waiting = WAITING;
`;

console.log(row("waiting", "what", "p50 ms", "p99 ms", "most ms", "computing ms, p50", "p99"));
console.log(row("---", "---", "---", "---", "---", "---", "---"));
for (const owners of [1, 1000]) {
  await using temporary = await TemporaryDatabase.make();
  const database = await temporary.open({ connections: 1, patience: PATIENCE });
  await useDisk(database);
  for (const statement of FILL.replaceAll("OWNERS", `${owners}`).replaceAll("WAITING", `${waiting}`).split(";\n")) {
    if (statement.trim() !== "") await database.run(statement);
  }
  await database.run("ANALYZE");
  await using listener = new Listener(database, SILENT_LOG);
  using queue = new PostgresQueue(database, listener);
  const { pid } = (await database.first<{ pid: number }>("SELECT pg_backend_pid() AS pid"))!;
  const times = new Map<string, { readonly passed: number[]; readonly computed: number[] }>();
  const measure = async <T>(what: string, call: () => Promise<T>): Promise<T> => {
    const computed = computedMilliseconds(pid);
    const before = performance.now();
    const result = await call();
    if (!times.has(what)) times.set(what, { passed: [], computed: [] });
    times.get(what)!.passed.push(performance.now() - before);
    times.get(what)!.computed.push(computedMilliseconds(pid) - computed);
    return result;
  };
  for (let i = 0; i < rounds; i++) {
    const entry = { id: `new ${i}`, owner: `owner ${i % owners}`, priority: 0, role: "USER", needs: NEEDS } as const;
    await measure("reserve", () => queue.reserve(entry, { total: 1e6, perOwner: 1e6 }));
    await measure("confirm", () => queue.confirm(entry.id));
    const claim = (await measure("claim", () => queue.claim(WORKER, MOST)))!;
    await measure("renew", () => queue.renew("worker"));
    await measure("position of any", () => queue.position(`t${1 + Math.floor(Math.random() * waiting)}`));
    await measure("position of the last", () => queue.position(entry.id));
    await measure("the first 100", () => queue.waiting(100));
    await measure("length", () => queue.length());
    await measure("settle", () => queue.settle(claim.id, claim));
    await measure("the disk alone", () => database.run("SELECT queue_flush()"));
  }
  const many = new PostgresQueue(await temporary.open({ connections: CLAIMANTS }), listener);
  const together = (call: () => Promise<Claim | null>) => Promise.all(Array.from({ length: CLAIMANTS }, call));
  // Connections that are new have everything to learn.
  await together(() => many.claim({ ...WORKER, memoryBytes: 0 }, MOST));
  const atOnce: number[] = [];
  for (let i = 0; i < rounds / CLAIMANTS; i++) {
    const began = performance.now();
    const claims = await together(async () => {
      const claim = await many.claim(WORKER, MOST);
      atOnce.push(performance.now() - began);
      return claim;
    });
    await Promise.all(claims.map((claim) => many.settle(claim!.id, claim!)));
  }
  many[Symbol.dispose]();
  times.set(`claim, ${CLAIMANTS} at once`, { passed: atOnce, computed: [] });
  for (const [what, { passed, computed }] of times) {
    const figures = [
      ...[0.5, 0.99, 1].map((share) => quantile(passed, share).toFixed(1)),
      ...computed.length === 0 ? ["", ""] : [0.5, 0.99].map((share) => quantile(computed, share).toFixed(2)),
    ];
    console.log(row(`${waiting} of ${owners} owner${owners === 1 ? "" : "s"}`, what, ...figures));
  }
}

/** Of a process, since it began. */
function computedMilliseconds(pid: number): number {
  return Number(Deno.readTextFileSync(`/proc/${pid}/schedstat`).split(" ")[0]) / 1e6;
}
