/** Automatic persisted queries, as the two clients send them that have them built in. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { serveFake } from "../../server/testing/serve_fake.ts";

/** With packages of their own, which a first start need not download. */
const CLIENTS = fileURLToPath(new URL("./clients/", import.meta.url));

Deno.test("Apollo Client and urql ask by hash, send each document once, and get their answers", async () => {
  await using fake = await serveFake();
  const id = await fake.start({ steps: 5 });
  const { stdout, stderr, success } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--allow-net", "--allow-env", "--allow-read", "clients.ts", fake.url, id],
    cwd: CLIENTS,
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  const seen = new TextDecoder().decode(stdout).trim().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(seen.map(({ name, get }) => [name, get]), [
    ["apollo", false],
    ["apollo", true],
    ["urql", false],
    ["urql", true],
  ]);
  for (const { get, answers: [one, two, cancelled], requests } of seen) {
    const methods = requests.map((request: string) => request.split(" ")[0]);
    const contents = requests.map((request: string) => request.split(" ")[1]);
    // The query, the query again, the mutation.
    assert.deepEqual(contents, ["hash", "document", "hash", "hash", "document"]);
    assert.deepEqual([methods[0], methods[2], methods[3]], get ? ["GET", "GET", "POST"] : ["POST", "POST", "POST"]);
    assert.deepEqual([one.engine.device, two.engine.device], ["cpu", "cpu"]);
    assert.equal(cancelled.cancelTransfer.transfer.status, "CANCELLED");
  }
  assert.deepEqual(fake.log, []);
});
