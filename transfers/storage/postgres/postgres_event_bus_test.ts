import assert from "node:assert/strict";
import { testWhere } from "../../../tests/testing/test_where.ts";
import { statusOnly, stepEvent, transferRecord } from "../../testing/records.ts";
import { MemoryBlobs } from "../blobs/memory_blobs.ts";
import { PostgresTransferStore } from "./postgres_transfer_store.ts";
import { NO_POSTGRES } from "./testing/postgres_programs.ts";
import { Servers } from "./testing/servers.ts";

function test(title: string, body: (servers: Servers) => Promise<void>): void {
  testWhere(NO_POSTGRES, `the bus of servers on PostgreSQL ${title}`, async () => {
    await using servers = await Servers.open();
    await body(servers);
  });
}

test("tells of thousands of transfers at once", async ({ first, second }) => {
  const ids = Array.from({ length: 2000 }, (_, i) => `${i} ${"ä".repeat(i % 50)}`);
  const watches = await Promise.all(ids.map((id) => second.bus.watch(id)));
  await Promise.all(ids.map((id, i) => first.bus.publish(id, { sequence: i + 1, statusSequence: 1 })));
  await Promise.all(watches.map((watch) => watch.changed(0)));
  assert.deepEqual(watches.map(({ position }) => position.sequence), ids.map((_, i) => i + 1));
  for (const watch of watches) watch[Symbol.dispose]();
  assert.equal(second.bus.watchers, 0);
});

test("finds in the logs what was not heard", async (servers) => {
  const { first, second } = servers;
  const store = new PostgresTransferStore(first.database, new MemoryBlobs());
  for (const id of ["a", "b"]) await store.create(transferRecord({ id }), statusOnly("QUEUED"));
  using watch = await second.bus.watch("a");
  using other = await second.bus.watch("b");
  // Nobody tells of these.
  const events = [stepEvent(1), statusOnly("RUNNING"), stepEvent(2)];
  await store.append("a", { from: ["QUEUED"], changes: {}, events });
  await servers.deafen();
  await watch.changed(1);
  assert.deepEqual(watch.position, { sequence: 4, statusSequence: 3 });
  await other.changed(0);
  assert.deepEqual(other.position, { sequence: 1, statusSequence: 1 });
  // It hears again.
  await first.bus.publish("a", { sequence: 5, statusSequence: 0 });
  await watch.changed(4);
});
