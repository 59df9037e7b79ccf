import assert from "node:assert/strict";
import { MemoryBlobs } from "../blobs/memory_blobs.ts";
import { batchRecord, statusOnly, transferRecord } from "../../testing/records.ts";
import { MIGRATIONS } from "./migrations.ts";
import { BATCHES } from "./migrations/batches.ts";
import { PostgresBatchStore } from "./postgres_batch_store.ts";
import { PostgresTransferStore } from "./postgres_transfer_store.ts";
import { postgresTest } from "./testing/postgres_suite.ts";

const test = postgresTest("batches in PostgreSQL");

/** What a server of the release before does to add a transfer: it names the columns that it knows. */
const ADD_AS_BEFORE = `INSERT INTO transfers
  (id, owner, status, sequence, at, former_at, silent, step, attempts, document)
  VALUES ($1, 'local', 'QUEUED', 1, 1, 0, '{1}', 0, 0, '{}')`;

test("come to tables that have transfers, and are no concern of servers of the release before", async (temporary) => {
  const before = await temporary.open({ migrations: MIGRATIONS.slice(0, MIGRATIONS.indexOf(BATCHES)) });
  await before.run(ADD_AS_BEFORE, "old");
  const database = await temporary.open({ migrations: MIGRATIONS });
  const [store, batches] = [new PostgresTransferStore(database, new MemoryBlobs()), new PostgresBatchStore(database)];
  await batches.create(
    batchRecord(),
    ["a", "b"].map((id, variation) => ({
      record: transferRecord({ id, batch: { id: "b", content: 0, style: 0, variation } }),
      event: statusOnly("QUEUED"),
    })),
  );
  // Which goes on, and may be started again.
  await temporary.open({ migrations: MIGRATIONS.slice(0, MIGRATIONS.indexOf(BATCHES)) });
  await before.run(ADD_AS_BEFORE, "new");
  assert.equal(await store.count(null, null), 4);
  await before.run("DELETE FROM transfers WHERE id = 'a'");
  assert.deepEqual((await batches.transfers("b")).map(({ id }) => id), ["b"]);
  await before.run("DELETE FROM transfers WHERE id = 'b'");
  assert.equal(await batches.get("b"), null);
});
