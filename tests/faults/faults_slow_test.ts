/** A short run of what `deno task faults` does at length. */
import assert from "node:assert/strict";
import { NO_DISK } from "../../transfers/storage/sqlite/testing/temporary_disk.ts";
import { testWhere } from "../testing/test_where.ts";
import { clockSetBack } from "./clock.ts";
import { survivesKills } from "./kills.ts";
import { stopAndStart } from "./stop.ts";
import { damagedCheckpoint, damagedDatabase, diskFull, readOnly, secondServer } from "./storage.ts";

const noProcesses = Deno.build.os === "linux" ? null : "no /proc here";

testWhere(noProcesses, "kills of server and engine change nothing of what comes out", async () => {
  const plan = { serverKills: 2, engineKills: 2, concurrent: 2, steps: 60, size: 32, seed: 11 };
  const { transfers } = await survivesKills(plan);
  assert.ok(transfers >= 2);
});

testWhere(NO_DISK, "a full disk is waited out", async () => {
  assert.ok(await diskFull());
});

testWhere(NO_DISK, "a read-only data directory", async () => {
  assert.ok(await readOnly());
});

Deno.test("a damaged page stops the start and nothing is touched", async () => {
  assert.match(await damagedDatabase(), /^does not start/);
});

Deno.test("a damaged checkpoint is passed over for the one before", async () => {
  assert.ok(await damagedCheckpoint());
});

Deno.test("a clock that is set back turns no log back", async () => {
  assert.ok(await clockSetBack());
});

Deno.test("SIGTERM under a running transfer ends the server in good order, and the next start goes on", async () => {
  assert.ok(await stopAndStart());
});

Deno.test("a second server on the same data directory is refused in one line", async () => {
  assert.match(await secondServer(), /does not start: "Cannot use DATA_DIR: found another server/);
});
