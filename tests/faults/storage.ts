/**
 * What happens to the storage under a server: full, read-only, damaged. Each function asserts what is promised and says in a
 * sentence what was seen.
 *
 * @module
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { ServerProcess } from "../testing/server_process.ts";
import { type Asked, endOf, startOnce } from "./client.ts";
import { assertSound } from "./kills.ts";
import { assertWhole, watch } from "./watcher.ts";

const ASKED: Asked = { seed: 5, steps: 150, size: 64 };
const FREQUENT_CHECKPOINTS = { CHECKPOINT_SECONDS: "0.1" };

/** Whether file systems can be mounted here: as root, and not in every container. */
export async function canMount(): Promise<boolean> {
  const folder = await Deno.makeTempDir();
  const mounted = await command("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder);
  if (mounted) await command("umount", folder);
  await Deno.remove(folder);
  return mounted;
}

/** A disk that fills up under a transfer: it waits, nothing new is taken, and both go on when there is room. */
export async function diskFull(): Promise<string> {
  return await onMount("size=16m", async (dataDir) => {
    await using server = await ServerProcess.start({ dataDir, env: FREQUENT_CHECKPOINTS });
    const id = await startOnce(server.url, ASKED, "full");
    const seen = watch(server.url, id);
    await until(async () => (await endOf(server.url, id)).step > 5);
    const ballast = join(dataDir, "ballast");
    await fill(ballast);
    await until(() => Promise.resolve(server.lines.some((line) => /transfers wait until/.test(line))));
    await assert.rejects(startOnce(server.url, { ...ASKED, seed: 6 }, "refused"), /STORAGE_FULL/);
    const health = await fetch(`${server.url}/health`);
    await health.body?.cancel();
    assert.equal(health.status, 200);
    const { step } = await endOf(server.url, id);
    assert.ok(step < ASKED.steps);
    await Deno.remove(ballast);
    assertWhole(await seen);
    assert.equal((await endOf(server.url, id)).status, "SUCCEEDED");
    await server.stop();
    assertSound(dataDir);
    return `waits at step ${step}, \`startTransfer\` answers STORAGE_FULL, \`/health\` answers; with room again it SUCCEEDED`;
  });
}

/** A data directory that cannot be written: the server says so and does not start. */
export async function readOnly(): Promise<string> {
  return await onMount("size=1m,ro", (dataDir) => refusedStart(dataDir));
}

/** A damaged page: the server says so and touches nothing. */
export async function damagedDatabase(): Promise<string> {
  const dataDir = await Deno.makeTempDir();
  try {
    await finishOne(dataDir);
    const database = join(dataDir, "gramcast.db");
    const bytes = await Deno.readFile(database);
    bytes.fill(0xa5, 4096 + 100, 4096 + 3000);
    await Deno.writeFile(database, bytes);
    const before = await hashes(dataDir);
    const said = await refusedStart(dataDir);
    const after = await hashes(dataDir);
    for (const [name, hash] of Object.entries(before)) assert.equal(after[name], hash, name);
    return `${said}; every file is unchanged`;
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
}

/** A damaged checkpoint after a crash: the one before takes its place, and the result is the same. */
export async function damagedCheckpoint(): Promise<string> {
  const dataDir = await Deno.makeTempDir();
  try {
    const calm = await finishOne(await Deno.makeTempDir());
    const first = await ServerProcess.start({ dataDir, env: FREQUENT_CHECKPOINTS });
    const id = await startOnce(first.url, ASKED, "damaged");
    await until(() => Promise.resolve(checkpointFiles(dataDir).length >= 2));
    await first.kill();
    const [newest] = checkpointFiles(dataDir);
    const path = join(dataDir, "files", newest!);
    const bytes = await Deno.readFile(path);
    bytes[bytes.length >> 1]! ^= 1;
    await Deno.writeFile(path, bytes);
    await using second = await ServerProcess.start({ dataDir });
    assertWhole(await watch(second.url, id));
    assert.ok(second.lines.some((line) => /using the one before/.test(line)), second.lines.join("\n"));
    assert.deepEqual(await endOf(second.url, id), calm);
    return "logs it, continues from the one before, and gives the same bytes as an undisturbed run";
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
}

/** A second server on a data directory that has one. */
export async function secondServer(): Promise<string> {
  const dataDir = await Deno.makeTempDir();
  try {
    await using server = await ServerProcess.start({ dataDir });
    const said = await refusedStart(dataDir);
    const id = await startOnce(server.url, { ...ASKED, steps: 5 }, "one");
    assertWhole(await watch(server.url, id));
    return `the second ${said}; the first continues`;
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
}

async function finishOne(dataDir: string) {
  await using server = await ServerProcess.start({ dataDir });
  const id = await startOnce(server.url, ASKED, "one");
  await watch(server.url, id);
  return await endOf(server.url, id);
}

async function refusedStart(dataDir: string): Promise<string> {
  const { code, lines: errors } = await ServerProcess.fail({ dataDir });
  assert.equal(code, 1);
  assert.equal(errors.length, 1, errors.join("\n"));
  return `does not start: "${errors[0]}"`;
}

/** Names of the files of checkpoints, newest first. */
function checkpointFiles(dataDir: string): string[] {
  using database = new DatabaseSync(join(dataDir, "gramcast.db"), { readOnly: true });
  return database.prepare("SELECT file FROM checkpoints ORDER BY step DESC").all().map(({ file }) => String(file));
}

/** Writes until there is no room for another byte. */
async function fill(path: string): Promise<void> {
  using file = await Deno.open(path, { write: true, create: true });
  for (let size = 2 ** 20; size >= 1; size >>= 4) {
    try {
      for (;;) await file.write(new Uint8Array(size));
    } catch {
      // Perhaps a smaller piece still fits.
    }
  }
}

async function hashes(folder: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const { name, isFile } of Deno.readDir(folder)) {
    if (isFile) found[name] = createHash("sha256").update(await Deno.readFile(join(folder, name))).digest("hex");
  }
  return found;
}

async function onMount<T>(options: string, run: (folder: string) => Promise<T>): Promise<T> {
  const folder = await Deno.makeTempDir();
  assert.ok(await command("mount", "-t", "tmpfs", "-o", options, "tmpfs", folder));
  try {
    return await run(folder);
  } finally {
    await command("umount", "-l", folder);
    await Deno.remove(folder);
  }
}

async function command(name: string, ...args: string[]): Promise<boolean> {
  try {
    return (await new Deno.Command(name, { args, stdout: "null", stderr: "null" }).output()).success;
  } catch {
    return false;
  }
}

/** Waits until something has become so. */
export async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!await condition()) await new Promise((resume) => setTimeout(resume, 50));
}
