/** The commands of docs/scale.md that set up several servers, as they stand there but for places and ports. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { NO_POSTGRES } from "../../transfers/storage/postgres/testing/postgres_programs.ts";
import { TemporaryDatabase } from "../../transfers/storage/postgres/testing/temporary_database.ts";
import { SMALL } from "../e2e/operations.ts";
import { ask, startTransfer, statusOf } from "../testing/client.ts";
import { freePort } from "../testing/free_port.ts";
import { until } from "../testing/in_time.ts";
import { codeBlocks } from "../testing/markdown.ts";
import { linesOf } from "../testing/server_process.ts";
import { testWhere } from "../testing/test_where.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const [SETUP] = codeBlocks(await Deno.readTextFile(`${ROOT}/docs/scale.md`), "sh");

testWhere(NO_POSTGRES, "two commands set up a server that answers and one that paints", async () => {
  const [settings, ...commands] = SETUP!.split("\n");
  assert.equal(commands.length, 2);
  await using open = new AsyncDisposableStack();
  const { url } = open.use(await TemporaryDatabase.make());
  const blobs = open.adopt(await Deno.makeTempDir(), (folder) => Deno.remove(folder, { recursive: true }));
  const placed = settings!.replace(/DATABASE_URL=\S+/, `DATABASE_URL='${url}'`)
    .replace(/BLOBS=\S+/, `BLOBS=file://${blobs}`);
  assert.ok(placed.includes(url) && placed.includes(blobs));
  const ports = commands.map(() => freePort());
  for (const [i, command] of commands.entries()) {
    const line = command.replace(/ PORT=\d+/, "").replace("deno task", `exec "${Deno.execPath()}" task --quiet`);
    const child = new Deno.Command("sh", {
      args: ["-ec", `${placed}\n${line.replace(/^(\S+) exec/, "export $1\nexec")}`],
      cwd: ROOT,
      env: { PORT: `${ports[i]}`, NO_COLOR: "1" },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const lines: string[] = [];
    const printed = Promise.all([child.stdout, child.stderr].map(async (stream) => {
      for await (const line of linesOf(stream)) lines.push(line);
    }));
    open.defer(async () => {
      child.kill("SIGTERM");
      assert.equal((await child.status).code, 0, lines.join("\n"));
      await printed;
    });
    let ended = false;
    void printed.then(() => ended = true);
    await until(() => ended || lines.some((line) => line.includes("listens on")));
    assert.ok(!ended, lines.join("\n"));
  }
  const api = `http://127.0.0.1:${ports[0]}`;
  const id = await startTransfer(api, SMALL);
  const query = "query ($id: ID!) { transfer(id: $id) { status } }";
  const status = async () => (await ask<{ transfer: { status: string } }>(api, query, { id })).transfer.status;
  await until(async () => !["QUEUED", "RUNNING"].includes(await status()));
  assert.equal(await status(), "SUCCEEDED");
  assert.equal(await statusOf(`http://127.0.0.1:${ports[1]}/ready`), 200);
});
