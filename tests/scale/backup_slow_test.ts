/** The commands of docs/scale.md that back up and restore, as they stand there but for places. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openAccessStore } from "../../access/open.ts";
import { readConfig } from "../../config.ts";
import { SILENT_LOG } from "../../transfers/log.ts";
import { Session } from "../../transfers/storage/postgres/session.ts";
import { NO_POSTGRES } from "../../transfers/storage/postgres/testing/postgres_programs.ts";
import { POSTGRES } from "../../transfers/storage/postgres/testing/postgres_server.ts";
import { TemporaryDatabase } from "../../transfers/storage/postgres/testing/temporary_database.ts";
import { openPostgresStorage } from "../../transfers/storage/postgres/open.ts";
import { imageRecord, statusOnly, stepEvent, transferRecord, webhookRecord } from "../../transfers/testing/records.ts";
import { codeBlocks } from "../testing/markdown.ts";
import { missingProgram, testWhere } from "../testing/test_where.ts";

const BLOCKS = codeBlocks(
  await Deno.readTextFile(fileURLToPath(new URL("../../docs/scale.md", import.meta.url))),
  "sh",
);
const BYTES = new Uint8Array([1, 2, 3]);

testWhere(
  NO_POSTGRES ?? await missingProgram("pg_dump", "pg_restore"),
  "a backup is restored, and goes on",
  async () => {
    await using open = new AsyncDisposableStack();
    const folder = open.adopt(await Deno.makeTempDir(), (folder) => Deno.remove(folder, { recursive: true }));
    const before = open.use(await TemporaryDatabase.make()).url;
    const run = async (text: string, url: string, blobs: string) => {
      const [block] = BLOCKS.filter((block) => block.includes(text));
      const script = block!.replaceAll("/var/backups/gramcast", join(folder, "backup"))
        .replaceAll("/srv/gramcast/blobs", join(folder, blobs, "blobs"));
      const { success, stderr } = await new Deno.Command("sh", { args: ["-ec", script], env: { DATABASE_URL: url } })
        .output();
      assert.ok(success, new TextDecoder().decode(stderr));
    };
    const opened = async (databaseUrl: string, blobs: string) => {
      const path = join(folder, blobs, "blobs");
      await Deno.mkdir(path, { recursive: true });
      const storage = await openPostgresStorage({ databaseUrl, blobs: { kind: "folder", path } }, SILENT_LOG, {
        keepsHouse: false,
      });
      const access = await openAccessStore({ ...readConfig(() => undefined), databaseUrl }, SILENT_LOG);
      return { ...storage, access };
    };
    const close = async ({ access, close }: Awaited<ReturnType<typeof opened>>) => {
      await access.close();
      await close();
    };

    const first = await opened(before, "before");
    await first.images.put(imageRecord({ id: "i" }), BYTES);
    await first.store.create(transferRecord({ id: "t" }), statusOnly("QUEUED"), webhookRecord({ transferId: "t" }));
    const append = { from: ["QUEUED", "RUNNING"], changes: { status: "RUNNING" }, events: [stepEvent(1)] } as const;
    await first.store.append("t", { ...append, notice: { event: "RUNNING", at: 5 } });
    await first.store.saveCheckpoint("t", 1, BYTES);
    const secret = (await first.access.secret()).toHex();
    await run("pg_dump", before, "before");
    await close(first);

    const after = await emptyDatabase();
    await Deno.mkdir(join(folder, "after", "blobs"), { recursive: true });
    await run("pg_restore", after, "after");
    const restored = await opened(after, "after");
    assert.equal((await restored.access.secret()).toHex(), secret);
    assert.deepEqual(new Uint8Array(await restored.images.read((await restored.images.get("i"))!)), BYTES);
    assert.equal(await restored.images.bytesOf("local"), 3);
    assert.deepEqual(new Uint8Array(await restored.store.readCheckpoint("t", 1)), BYTES);
    assert.equal((await restored.webhooks.next({ lanes: [], hosts: [] }))?.delivery.transferId, "t");
    const changed = await restored.store.append("t", { ...append, events: [stepEvent(2)] });
    assert.equal(changed?.sequence, 3);
    await restored.store.create(transferRecord({ id: "u" }), statusOnly("QUEUED"));
    await close(restored);
  },
);

/** One without a table, which goes with its server. */
async function emptyDatabase(): Promise<string> {
  await using session = await Session.open(POSTGRES!.url("postgres"));
  await session.run("CREATE DATABASE restored TEMPLATE template0");
  return POSTGRES!.url("restored");
}
