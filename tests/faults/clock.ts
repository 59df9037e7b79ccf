import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { ServerProcess } from "../testing/server_process.ts";
import { type Asked, endOf, startOnce } from "./client.ts";
import { assertWhole, watch } from "./watcher.ts";

const ASKED: Asked = { seed: 9, steps: 60, size: 32 };
const PRELOAD = fileURLToPath(new URL("./shifted_clock.ts", import.meta.url));

/** The clock is set back under a transfer, and the server is killed and comes back at that earlier time. */
export async function clockSetBack(): Promise<string> {
  await using server = await ServerProcess.start({ env: { CHECKPOINT_SECONDS: "0.1" }, preload: PRELOAD });
  const undisturbed = await startOnce(server.url, ASKED, "undisturbed");
  await watch(server.url, undisturbed);
  const calm = await endOf(server.url, undisturbed);
  const id = await startOnce(server.url, ASKED, "set back");
  const [setBack, killed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const watched = watch(server.url, id, {
    onStep(step) {
      if (step === 10) setBack.resolve();
      if (step === 20) killed.resolve();
    },
  });
  await setBack.promise;
  await Deno.writeTextFile(join(server.dataDir, "clock-shift"), "-1");
  await killed.promise;
  await server.kill();
  await server.startAgain();
  assertWhole(await watched);
  assert.deepEqual(await endOf(server.url, id), calm);
  await server.stop();
  assertForwards(server.dataDir);
  return "no time in a log precedes the one before it, no end precedes its start; watchers and result as in an undisturbed run";
}

/** That times go forwards in every log and record. */
function assertForwards(dataDir: string): void {
  using database = new DatabaseSync(join(dataDir, "gramcast.db"), { readOnly: true });
  const logs = database.prepare("SELECT transfer, at FROM events ORDER BY transfer, sequence").all();
  for (const [i, { transfer, at }] of logs.entries()) {
    const before = logs[i - 1];
    assert.ok(before === undefined || before["transfer"] !== transfer || Number(before["at"]) <= Number(at));
  }
  const records = database.prepare("SELECT document, finished_at FROM transfers").all();
  for (const { document, finished_at } of records) {
    const { createdAt, startedAt } = JSON.parse(String(document));
    assert.ok(createdAt <= startedAt && startedAt <= Number(finished_at), `${createdAt} ${startedAt} ${finished_at}`);
  }
}
