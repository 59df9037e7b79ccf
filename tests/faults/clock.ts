import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { ServerProcess } from "../testing/server_process.ts";
import { type Asked, endOf, startOnce } from "./client.ts";
import { assertWhole, watch } from "./watcher.ts";

const ASKED: Asked = { seed: 9, steps: 60, size: 32 };
const PRELOAD = fileURLToPath(new URL("./clock_back.ts", import.meta.url));

/** The clock is set back under a transfer, and the server is killed and comes back at that earlier time. */
export async function clockSetBack(): Promise<string> {
  const dataDir = await Deno.makeTempDir();
  try {
    const settings = { dataDir, env: { CHECKPOINT_SECONDS: "0.1" }, preload: PRELOAD };
    const first = await ServerProcess.start(settings);
    const undisturbed = await startOnce(first.url, ASKED, "undisturbed");
    await watch(first.url, undisturbed);
    const calm = await endOf(first.url, undisturbed);
    const id = await startOnce(first.url, ASKED, "set back");
    const [setBack, killed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const watched = watch(first.url, id, {
      onStep(step) {
        if (step === 10) setBack.resolve();
        if (step === 20) killed.resolve();
      },
    });
    await setBack.promise;
    await Deno.writeTextFile(join(dataDir, "clock-back"), "");
    await killed.promise;
    await first.kill();
    await using second = await ServerProcess.start({ ...settings, port: Number(new URL(first.url).port) });
    assertWhole(await watched);
    assert.deepEqual(await endOf(second.url, id), calm);
    await second.stop();
    assertForwards(dataDir);
    return "no time in a log precedes the one before it, no end precedes its start; watchers and result as in an undisturbed run";
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
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
