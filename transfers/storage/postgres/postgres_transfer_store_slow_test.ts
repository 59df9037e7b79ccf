import assert from "node:assert/strict";
import { GramcastError } from "../../../errors.ts";
import { SILENT_LOG } from "../../log.ts";
import { statusOnly, stepEvent, transferRecord } from "../../testing/records.ts";
import { TRANSFER_STATUSES } from "../../types.ts";
import { MemoryBlobs } from "../blobs/memory_blobs.ts";
import type { TransferStore } from "../ports.ts";
import { Database } from "./database.ts";
import { fence } from "./testing/fence.ts";
import { PostgresTransferStore } from "./postgres_transfer_store.ts";
import { CutLine } from "./testing/cut_line.ts";
import { postgresTest } from "./testing/postgres_suite.ts";

/** How many writers there are, and steps that each logs. `GRAMCAST_STORM` has it last longer. */
const WRITERS = 6;
const STEPS = Number(Deno.env.get("GRAMCAST_STORM") ?? 50);

const test = postgresTest("transfers in PostgreSQL whose connections are cut all the time");

test("have each step in their logs once, and each checkpoint", async (temporary) => {
  await using line = await CutLine.open();
  const database = await Database.open(line.url(temporary.url), SILENT_LOG, { connections: WRITERS });
  const store = new PostgresTransferStore(database, new MemoryBlobs());
  const ids = Array.from({ length: WRITERS }, (_, i) => `t${i}`);
  for (const id of ids) {
    await store.create(transferRecord({ id }), statusOnly("QUEUED"));
    await fence(database, id, 1);
  }
  let writing = true;
  const cuts = (async () => {
    let cut = 0;
    while (writing) {
      cut += line.cut(0.1);
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 10));
    }
    return cut;
  })();
  const failures = await Promise.all(ids.map((id) => log(store.under({ id, epoch: 1 }), id)));
  writing = false;
  assert.ok(await cuts > WRITERS);
  assert.ok(failures.some((count) => count > 0));
  for (const id of ids) {
    const found = await store.events(id, 1, STEPS + 1);
    assert.deepEqual(found.map(({ step }) => step), Array.from({ length: STEPS }, (_, i) => i + 1));
    assert.deepEqual(found.map(({ sequence }) => sequence), Array.from({ length: STEPS }, (_, i) => i + 2));
    assert.equal((await store.get(id))?.resultId, `r${STEPS - STEPS % 10}`);
    const last = STEPS - STEPS % 25;
    assert.deepEqual(await store.checkpoints(id), [last, last - 25]);
    assert.equal((await store.readCheckpoint(id, last))[0], last % 256);
  }
  await database.close();
});

/** Logs all steps, each as often as it takes; answers how often one took another attempt. */
async function log(held: TransferStore, id: string): Promise<number> {
  let failures = 0;
  const patiently = async (write: () => Promise<unknown>) => {
    for (;;) {
      try {
        return await write();
      } catch (error) {
        if (!(error instanceof GramcastError) || error.code !== "STORAGE_UNAVAILABLE") throw error;
        failures++;
      }
    }
  };
  for (let step = 1; step <= STEPS; step++) {
    const name = crypto.randomUUID();
    const changes = step % 10 === 0 ? { step, resultId: `r${step}` } : { step };
    await patiently(() => held.append(id, { from: TRANSFER_STATUSES, changes, events: [stepEvent(step)], name }));
    if (step % 25 === 0) await patiently(() => held.saveCheckpoint(id, step, new Uint8Array([step % 256])));
  }
  return failures;
}
