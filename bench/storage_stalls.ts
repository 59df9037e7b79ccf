/**
 * How long writing to the storage holds the event loop, step after step as fast as it goes, with a checkpoint every tenth:
 *
 *     deno task bench storage_stalls [steps]
 *
 * Beside it is how long the same thread takes for 0.3 ms of computing: what others on the machine take shows in both.
 */
import { SILENT_LOG } from "../transfers/log.ts";
import { openSqliteStorage } from "../transfers/storage/sqlite/open.ts";
import { statusOnly, stepEvent, transferRecord } from "../transfers/testing/records.ts";
import { row } from "./inputs.ts";

const steps = Number(Deno.args[0] ?? 20_000);
/** Of 256² with Adam's moments. */
const CHECKPOINT_BYTES = 3 * 3 * 4 * 256 ** 2;

const dataDir = await Deno.makeTempDir({ dir: "." });
try {
  const { store, close } = await openSqliteStorage(dataDir, SILENT_LOG);
  await store.create(transferRecord(), statusOnly("QUEUED"));
  const held: number[] = [];
  const computed: number[] = [];
  let largest = 0;
  let saving: Promise<void> | null = null;
  for (let step = 1; step <= steps; step++) {
    const begun = performance.now();
    const appended = store.append("t", { from: ["QUEUED"], changes: { step }, events: [stepEvent(step)] });
    held.push(performance.now() - begun);
    await appended;
    computed.push(compute());
    if (step % 10 === 0) {
      saving ??= store.saveCheckpoint("t", step, new Uint8Array(CHECKPOINT_BYTES)).then(() => void (saving = null));
    }
    if (step % 100 === 0) largest = Math.max(largest, (await Deno.stat(`${dataDir}/gramcast.db-wal`)).size);
    await new Promise((resume) => setTimeout(resume));
  }
  await saving;
  await close();
  console.log(row("milliseconds", `median of ${steps}`, "99.9th percentile", "longest"));
  console.log(row("---", "---", "---", "---"));
  for (const [what, times] of [["an append", held], ["0.3 ms of computing", computed]] as const) {
    console.log(row(what, ...[0.5, 0.999, 1].map((share) => quantile(times, share))));
  }
  console.log(`\nThe write-ahead log was ${(largest / 2 ** 20).toFixed(1)} MiB at its largest.`);
} finally {
  await Deno.remove(dataDir, { recursive: true });
}

function compute(): number {
  const begun = performance.now();
  while (performance.now() - begun < 0.3);
  return performance.now() - begun;
}

function quantile(times: readonly number[], share: number): string {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!.toFixed(2);
}
