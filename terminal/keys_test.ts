import assert from "node:assert/strict";
import { ApiKeys } from "../access/api_keys.ts";
import { PostgresAccessStore } from "../access/storage/postgres_access_store.ts";
import { MemoryAccessStore } from "../access/storage/memory_access_store.ts";
import { SILENT_LOG } from "../transfers/log.ts";
import { isError } from "../transfers/testing/errors.ts";
import { postgresTest } from "../transfers/storage/postgres/testing/postgres_suite.ts";
import { FakeClock } from "../transfers/testing/fake_clock.ts";
import { runKeys } from "./keys.ts";

const DAY_MS = 86_400_000;

function stage() {
  const clock = new FakeClock();
  const store = new MemoryAccessStore();
  const keys = new ApiKeys(store, clock, "terminal");
  return { clock, keys, run: (...args: string[]) => runKeys(args, keys, store, clock.now()) };
}

Deno.test("keys create tells a key once, that works from then on until it is revoked", async () => {
  const { clock, keys, run } = stage();
  const said = await run("create", "ann's laptop", "--role", "viewer", "--owner", "ann", "--expires", "30d");
  const key = /^gram_\w+/.exec(said)![0];
  const { caller, expiresAt } = (await keys.identify(key))!;
  assert.deepEqual(caller, { name: "ann's laptop", owner: "ann", role: "VIEWER", follows: null });
  assert.equal(expiresAt, clock.now() + 30 * DAY_MS);
  const listed = await run("list");
  assert.match(listed, /^name .*\nann's laptop +viewer +ann /);
  assert.ok(!listed.includes(key));
  assert.match(await run("revoke", "ann's laptop"), /Revoked/);
  await assert.rejects(keys.identify(key), isError("UNAUTHENTICATED"));
});

Deno.test("keys audit tells who did what, and never a key", async () => {
  const { run } = stage();
  const key = (await run("create", "ann")).split("\n")[0]!;
  await run("revoke", "ann");
  const lines = (await run("audit")).trimEnd().split("\n");
  assert.deepEqual(
    lines.map((line) => line.split(/ {2,}/).slice(1).join("|")),
    [
      "who|role|owner|did|to what",
      "terminal|admin||create key|ann",
      "terminal|admin||revoke key|ann",
    ].map((line) => line.replace("||", "|")),
  );
  assert.ok(!lines.join("\n").includes(key));
  assert.match(await run("audit", "--last", "1"), /revoke key +ann\n$/);
  assert.doesNotMatch(await run("audit", "--last", "1"), /create/);
  await assert.rejects(run("audit", "--last", "some"), isError("BAD_USER_INPUT", "a whole number"));
});

Deno.test("keys makes nothing of what it cannot read, and says what it wants", async () => {
  const { keys, run } = stage();
  assert.match(await run(), /deno task keys create NAME/);
  assert.match(await run("--help"), /deno task keys revoke NAME/);
  await run("create", "ann");
  for (
    const [args, code, wanted] of [
      [["create"], "BAD_USER_INPUT", "the name of a key"],
      [["create", "ann"], "CONFLICT", "another name"],
      [["create", "bob", "--role", "root"], "BAD_USER_INPUT", "one of VIEWER, USER, ADMIN"],
      [["create", "bob", "--expires", "soon"], "BAD_USER_INPUT", "days as 30d"],
      [["create", "bob", "--expires", "1970-01-01"], "BAD_USER_INPUT", "one to come"],
      [["create", "b".repeat(101)], "BAD_USER_INPUT", "1 to 100 characters"],
      [["create", "bob", "extra"], "BAD_USER_INPUT", "nothing behind the name"],
      [["revoke", "bob"], "NOT_FOUND", "found none"],
      [["delete", "ann"], "BAD_USER_INPUT", "create, list, revoke or audit"],
      [["create", "bob", "--rol", "user"], "BAD_USER_INPUT", "--rol"],
    ] as const
  ) await assert.rejects(run(...args), isError(code, wanted), args.join(" "));
  assert.equal((await keys.list()).length, 1);
});

postgresTest("the task")("makes keys in the database that servers share", async ({ url }) => {
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", "keys", "create", "ann"],
    cwd: new URL("..", import.meta.url),
    env: { DATABASE_URL: url },
  }).output();
  const key = /^gram_\w+/.exec(new TextDecoder().decode(stdout))?.[0];
  assert.ok(key, new TextDecoder().decode(stderr));
  const store = await PostgresAccessStore.open(url, SILENT_LOG);
  const keys = new ApiKeys(store, new FakeClock(), "server");
  assert.equal((await keys.identify(key))?.caller.name, "ann");
  await store.close();
});
