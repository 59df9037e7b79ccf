/**
 * What happens to the storage under a server: full, read-only, damaged. Each function asserts what is promised and says in a
 * sentence what was seen.
 *
 * @module
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { contents } from "../../transfers/storage/sqlite/testing/contents.ts";
import { TemporaryDisk } from "../../transfers/storage/sqlite/testing/temporary_disk.ts";
import { until } from "../testing/in_time.ts";
import { ServerProcess } from "../testing/server_process.ts";
import { type Asked, endOf, startOnce } from "./client.ts";
import { assertSound } from "./kills.ts";
import { assertWhole, watch } from "./watcher.ts";

const ASKED: Asked = { seed: 5, steps: 150, size: 64 };
const FREQUENT_CHECKPOINTS = { CHECKPOINT_SECONDS: "0.1" };

/** A disk that fills up under a transfer: it waits, nothing new is taken, and both go on when there is room. */
export async function diskFull(): Promise<string> {
  await using disk = await TemporaryDisk.mount(2 ** 24);
  await using server = await ServerProcess.start({ dataDir: disk.directory, env: FREQUENT_CHECKPOINTS });
  const id = await startOnce(server.url, ASKED, "full");
  const seen = watch(server.url, id);
  await until(async () => (await endOf(server.url, id)).step > 5);
  await disk.fill();
  await until(() => server.lines.some((line) => /transfers wait until/.test(line)));
  await assert.rejects(startOnce(server.url, { ...ASKED, seed: 6 }, "refused"), /STORAGE_FULL/);
  const health = await fetch(`${server.url}/health`);
  await health.body?.cancel();
  assert.equal(health.status, 200);
  const { step } = await endOf(server.url, id);
  assert.ok(step < ASKED.steps);
  await disk.makeRoom();
  assertWhole(await seen);
  assert.equal((await endOf(server.url, id)).status, "SUCCEEDED");
  await server.stop();
  assertSound(disk.directory);
  return `waits at step ${step}, \`startTransfer\` answers STORAGE_FULL, \`/health\` answers; with room again it SUCCEEDED`;
}

/** A data directory that cannot be written: the server says so and does not start. */
export async function readOnly(): Promise<string> {
  await using disk = await TemporaryDisk.mount(2 ** 20);
  await disk.makeReadOnly();
  return await refusedStart(disk.directory);
}

/** A damaged page: the server says so and touches nothing. */
export async function damagedDatabase(): Promise<string> {
  await using server = await ServerProcess.start();
  await finishOne(server);
  await server.stop();
  const database = join(server.dataDir, "gramcast.db");
  const bytes = await Deno.readFile(database);
  bytes.fill(0xa5, 4096 + 100, 4096 + 3000);
  await Deno.writeFile(database, bytes);
  const before = await contents(server.dataDir);
  const said = await refusedStart(server.dataDir);
  const after = await contents(server.dataDir);
  for (const [name, hash] of Object.entries(before)) assert.equal(after[name], hash, name);
  return `${said}; every file is unchanged`;
}

/** A damaged checkpoint after a crash: the one before takes its place, and the result is the same. */
export async function damagedCheckpoint(): Promise<string> {
  await using server = await ServerProcess.start({ env: FREQUENT_CHECKPOINTS });
  const calm = await finishOne(server);
  const id = await startOnce(server.url, ASKED, "damaged");
  await until(() => checkpointFiles(server.dataDir, id).length >= 2);
  await server.kill();
  const [newest] = checkpointFiles(server.dataDir, id);
  const path = join(server.dataDir, "files", newest!);
  const bytes = await Deno.readFile(path);
  bytes[bytes.length >> 1]! ^= 1;
  await Deno.writeFile(path, bytes);
  await server.startAgain();
  assertWhole(await watch(server.url, id));
  assert.ok(server.lines.some((line) => /using the one before/.test(line)), server.lines.join("\n"));
  assert.deepEqual(await endOf(server.url, id), calm);
  return "logs it, continues from the one before, and gives the same bytes as an undisturbed run";
}

/** A second server on a data directory that has one. */
export async function secondServer(): Promise<string> {
  await using server = await ServerProcess.start();
  const said = await refusedStart(server.dataDir);
  const id = await startOnce(server.url, { ...ASKED, steps: 5 }, "one");
  assertWhole(await watch(server.url, id));
  return `the second ${said}; the first continues`;
}

async function finishOne({ url }: ServerProcess) {
  const id = await startOnce(url, ASKED, "one");
  await watch(url, id);
  return await endOf(url, id);
}

async function refusedStart(dataDir: string): Promise<string> {
  const { code, lines: errors } = await ServerProcess.fail(dataDir);
  assert.equal(code, 1);
  assert.equal(errors.length, 1, errors.join("\n"));
  return `does not start: "${errors[0]}"`;
}

/** Names of the files of a transfer's checkpoints, newest first. */
function checkpointFiles(dataDir: string, transfer: string): string[] {
  using database = new DatabaseSync(join(dataDir, "gramcast.db"), { readOnly: true });
  const query = "SELECT file FROM checkpoints JOIN transfers ON ordinal = transfer WHERE id = ? ORDER BY step DESC";
  return database.prepare(query).all(transfer).map(({ file }) => String(file));
}
