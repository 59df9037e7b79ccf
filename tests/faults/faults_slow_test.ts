/** A short run of what `deno task faults` does at length. */
import assert from "node:assert/strict";
import { clockSetBack } from "./clock.ts";
import { survivesKills } from "./kills.ts";
import { stopAndStart } from "./stop.ts";
import { canMount, damagedCheckpoint, damagedDatabase, diskFull, readOnly, secondServer } from "./storage.ts";

const linux = Deno.build.os === "linux";
const mounts = linux && await canMount();
const why = (possible: boolean, reason: string) => possible ? "" : ` (skipped: ${reason})`;

Deno.test({
  name: `kills of server and engine change nothing of what comes out${why(linux, "needs /proc")}`,
  ignore: !linux,
  async fn() {
    const dataDir = await Deno.makeTempDir();
    const plan = { serverKills: 2, engineKills: 2, concurrent: 2, steps: 60, size: 32, seed: 11 };
    const { transfers } = await survivesKills(dataDir, plan);
    assert.ok(transfers >= 2);
    await Deno.remove(dataDir, { recursive: true });
  },
});

for (
  const [name, run] of [["a full disk is waited out", diskFull], ["a read-only data directory", readOnly]] as const
) {
  Deno.test({
    name: `${name}${why(mounts, "needs root to mount a file system")}`,
    ignore: !mounts,
    async fn() {
      assert.ok(await run());
    },
  });
}

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
