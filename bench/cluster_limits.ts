/**
 * Where a cluster ends: `deno task bench cluster_limits [step seconds] [cores of the database] [watched share]`.
 *
 * What each thing costs PostgreSQL is measured here, as processor time of all its processes. With these costs, clusters of
 * 10, 100 and 1,000 workers are simulated, event by event: a worker takes a step, shows its frame where one is due, logs the
 * step, waits for both, and goes on; each server that has watchers of a transfer reads its events and frames. A database has
 * so many cores and a network of so many bytes a second; whoever comes is served in turn.
 */
import { SILENT_LOG } from "../transfers/log.ts";
import { openPostgresStorage } from "../transfers/storage/postgres/open.ts";
import { NO_POSTGRES } from "../transfers/storage/postgres/testing/postgres_programs.ts";
import { POSTGRES } from "../transfers/storage/postgres/testing/postgres_server.ts";
import { TemporaryDatabase } from "../transfers/storage/postgres/testing/temporary_database.ts";
import { statusOnly, stepEvent, transferRecord } from "../transfers/testing/records.ts";
import { quantile, row } from "./table.ts";

if (NO_POSTGRES !== null) {
  console.error(`Cannot measure: ${NO_POSTGRES}`);
  Deno.exit(1);
}
const [stepSeconds = 0.1, cores = 8, watchedShare = 0.5] = Deno.args.map(Number);

/** Bytes of a frame of 668² as PNG, about. */
const FRAME_BYTES = 700_000;
/** Steps between two frames. */
const FRAME_EVERY = 5;
/** Bytes a second that the database's network carries: ten gigabits. */
const NETWORK = 1.25e9;
/** Of a step's event with losses of a few layers, there and back. */
const EVENT_BYTES = 2000;
/** Seconds between two signs of life of a worker. */
const HEARTBEAT = 5;
/** Steps of a transfer. */
const STEPS = 100;

/** Processor seconds of the database for one of each. */
interface Costs {
  /** A step is logged, and others are told. */
  readonly append: number;
  readonly showFrame: number;
  readonly readEvents: number;
  readonly readFrame: number;
  readonly heartbeat: number;
  /** A transfer is made, claimed and settled. */
  readonly transfer: number;
}

function tell(costs: Costs): void {
  console.log(row("Of the database", "processor ms"));
  console.log(row("---", "---"));
  for (const [name, seconds] of Object.entries(costs)) console.log(row(name, (1000 * seconds).toFixed(2)));
  console.log(
    `\nSteps of ${stepSeconds} s, a frame every ${FRAME_EVERY}, a database of ${cores} cores, ${
      100 * watchedShare
    } % watched\n`,
  );
  console.log(row("workers", "steps/s", "of the ideal", "cores busy", "network busy", "p99 of a step's log (ms)"));
  console.log(row("---", "---", "---", "---", "---", "---"));
  for (const workers of [10, 100, 1000]) {
    const { stepsPerSecond, coresBusy, networkBusy, logged } = simulate(workers, costs);
    const share = (value: number) => `${(100 * value).toFixed(0)} %`;
    console.log(row(
      workers,
      stepsPerSecond.toFixed(0),
      share(stepsPerSecond * stepSeconds / workers),
      share(coresBusy),
      share(networkBusy),
      (1000 * quantile(logged, 0.99)).toFixed(0),
    ));
  }
}

async function measure(): Promise<Costs> {
  await using temporary = await TemporaryDatabase.make();
  const folder = await Deno.makeTempDir();
  const storage = await openPostgresStorage(
    { databaseUrl: temporary.url, blobs: { kind: "folder", path: folder } },
    SILENT_LOG,
    { keepsHouse: false },
  );
  const { store, queue, bus, shared } = storage;
  const { liveFrames, workers } = shared!;
  const claimant = { name: "worker", memoryBytes: null, layers: null };
  const begin = async (id: string) => {
    await queue.reserve({ id, owner: "o", priority: 0, role: "USER", needs: { memoryBytes: 0, layers: [] } }, null);
    await store.create(transferRecord({ id }), statusOnly("QUEUED"));
    await queue.confirm(id);
    return (await queue.claim(claimant))!;
  };
  try {
    const claim = await begin("t");
    const held = store.under(claim);
    // Noise: so does a picture's file look to the database.
    const noise = crypto.getRandomValues(new Uint8Array(2 ** 16));
    const bytes = Uint8Array.from({ length: FRAME_BYTES }, (_, i) => noise[i % noise.length]!);
    const frame = { width: 668, height: 668, bytes };
    const engine = { backend: "onnx", device: "cpu", precision: "float32", version: "1" } as const;
    const worker = { name: "worker", version: "1", engine, memoryBytes: 0, layers: [], weightsSha256: "0" };
    return {
      append: await costOf(500, async (i) => {
        const changes = { step: i + 1 };
        const record = await held.append("t", { from: ["QUEUED"], changes, events: [stepEvent(i + 1)] });
        await bus.publish("t", { sequence: record!.sequence, statusSequence: 0 });
      }),
      showFrame: await costOf(100, (step) => liveFrames.show(claim, { ...frame, step })),
      readEvents: await costOf(500, (after) => store.events("t", after, 8)),
      readFrame: await costOf(100, () => liveFrames.read("t", 99)),
      heartbeat: await costOf(200, async () => {
        await queue.renew("worker");
        await workers.announce(worker);
      }),
      transfer: await costOf(200, async (i) => await queue.settle(`n${i}`, await begin(`n${i}`))),
    };
  } finally {
    await storage.close();
    await Deno.remove(folder, { recursive: true });
  }
}

/** Processor seconds of the database for each of so many calls. */
async function costOf(calls: number, call: (i: number) => Promise<unknown>): Promise<number> {
  const before = await databaseSeconds();
  for (let i = 0; i < calls; i++) await call(i);
  return (await databaseSeconds() - before) / calls;
}

/** Processor seconds that the database has taken, by /proc: of its processes, and of those that have ended. */
async function databaseSeconds(): Promise<number> {
  const [postmaster] = (await Deno.readTextFile(`${POSTGRES!.directory}/data/postmaster.pid`)).split("\n");
  const children = (await Deno.readTextFile(`/proc/${postmaster}/task/${postmaster}/children`)).trim().split(" ");
  const ticks = await Promise.all([postmaster!, ...children].map(async (process) => {
    const stat = await Deno.readTextFile(`/proc/${process}/stat`).catch(() => null);
    // Behind the name, which may have spaces: user and system time, and those of children that were waited for.
    const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ").map(Number) ?? [];
    return (fields[11] ?? 0) + (fields[12] ?? 0) + (process === postmaster ? fields[13]! + fields[14]! : 0);
  }));
  return ticks.reduce((sum, more) => sum + more, 0) / 100;
}

/** A minute of a cluster. */
function simulate(workers: number, costs: Costs) {
  const seconds = 60;
  const database = new Station(cores);
  const network = new Station(1);
  const logged: number[] = [];
  let steps = 0;
  const agenda = new Agenda();
  /** Goes from station to station, and is there anew at each: nobody keeps a place before coming. */
  const visit = (now: number, stages: readonly Stage[], done: (now: number) => void): void => {
    const [stage, ...others] = stages;
    if (stage === undefined) return done(now);
    agenda.add(stage.station.serve(now, stage.seconds), (now) => visit(now, others, done));
  };
  const on = (station: Station, seconds: number): Stage => ({ station, seconds });
  const event = on(network, EVENT_BYTES / NETWORK);
  const frame = on(network, FRAME_BYTES / NETWORK);
  /** @param watched Whether a server reads what it logs. */
  const step = (number: number, watched: boolean) => (now: number) => {
    const due = number % FRAME_EVERY === 0;
    const stages = [
      ...(due ? [frame, on(database, costs.showFrame)] : []),
      ...[event, on(database, costs.append)],
      ...(number % STEPS === 0 ? [on(database, costs.transfer)] : []),
    ];
    visit(now, stages, (at) => {
      logged.push(at - now);
      steps++;
      const reads = [on(database, costs.readEvents), event, ...(due ? [on(database, costs.readFrame), frame] : [])];
      if (watched) visit(at, reads, () => {});
      agenda.add(at + stepSeconds, step(number + 1, watched));
    });
  };
  const beat = (now: number) => {
    visit(now, [on(database, costs.heartbeat)], () => {});
    agenda.add(now + HEARTBEAT, beat);
  };
  for (let i = 0; i < workers; i++) {
    // They do not begin at once, nor at the same step.
    const share = i / workers;
    agenda.add(share * stepSeconds, step(1 + i % STEPS, i < watchedShare * workers));
    agenda.add(share * HEARTBEAT, beat);
  }
  agenda.run(seconds);
  return {
    stepsPerSecond: steps / seconds,
    coresBusy: Math.min(1, database.busy / (cores * seconds)),
    networkBusy: Math.min(1, network.busy / seconds),
    logged,
  };
}

/** A service at a station. */
interface Stage {
  readonly station: Station;
  readonly seconds: number;
}

/** Serves whoever comes, in the order in which they come, so many at once. */
class Station {
  /** Seconds of service given. */
  busy = 0;
  readonly #freeAt: number[];

  constructor(servers: number) {
    this.#freeAt = Array(servers).fill(0);
  }

  /** When a service that is asked for at `now` is done. */
  serve(now: number, seconds: number): number {
    let first = 0;
    for (const [i, at] of this.#freeAt.entries()) if (at < this.#freeAt[first]!) first = i;
    const done = Math.max(now, this.#freeAt[first]!) + seconds;
    this.#freeAt[first] = done;
    this.busy += seconds;
    return done;
  }
}

/** What happens when, in the order of time: a binary heap. */
class Agenda {
  readonly #entries: { readonly at: number; readonly happen: (now: number) => void }[] = [];

  add(at: number, happen: (now: number) => void): void {
    const entries = this.#entries;
    let i = entries.push({ at, happen }) - 1;
    for (let above = (i - 1) >> 1; i > 0 && entries[above]!.at > at; i = above, above = (i - 1) >> 1) {
      [entries[i], entries[above]] = [entries[above]!, entries[i]!];
    }
  }

  /** Lets everything happen until a time. */
  run(until: number): void {
    for (let next = this.#take(); next !== undefined && next.at < until; next = this.#take()) next.happen(next.at);
  }

  #take() {
    const entries = this.#entries;
    const first = entries[0];
    const last = entries.pop();
    if (first === undefined || first === last) return first;
    entries[0] = last!;
    for (let i = 0;;) {
      const [left, right] = [2 * i + 1, 2 * i + 2];
      const child = right < entries.length && entries[right]!.at < entries[left]!.at ? right : left;
      if (child >= entries.length || entries[child]!.at >= entries[i]!.at) return first;
      [entries[i], entries[child]] = [entries[child]!, entries[i]!];
      i = child;
    }
  }
}

tell(await measure());
