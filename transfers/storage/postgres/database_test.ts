import assert from "node:assert/strict";
import { GramcastError } from "../../../errors.ts";
import { SILENT_LOG } from "../../log.ts";
import { isError } from "../../testing/errors.ts";
import { Database } from "./database.ts";
import { MIGRATIONS } from "./migrations.ts";
import { postgresTest } from "./testing/postgres_suite.ts";

const NOTE = { additive: false, sql: "CREATE TABLE notes (note text); INSERT INTO notes VALUES ('a')" };
const NEXT = [...MIGRATIONS, NOTE];

const test = postgresTest("a database of PostgreSQL");

test("is brought to the newest version once, by one of several that start at once", async (temporary) => {
  const opened = await Promise.all([1, 2, 3].map(() => temporary.open({ migrations: NEXT })));
  for (const database of opened) assert.deepEqual(await database.all("SELECT note FROM notes"), [{ note: "a" }]);
  assert.deepEqual(await opened[0]!.all("SELECT * FROM version"), [{ version: NEXT.length, needed: NEXT.length }]);
});

test("is refused by an older program, unless what is new does not concern that", async (temporary) => {
  await temporary.open({ migrations: [...MIGRATIONS, { ...NOTE, additive: true }] });
  await temporary.open();
  const broken = [...MIGRATIONS, { ...NOTE, additive: true }, { additive: false, sql: "DROP TABLE notes" }];
  await temporary.open({ migrations: broken });
  await assert.rejects(
    temporary.open(),
    isError("STORAGE_UNREADABLE", `version ${broken.length}`, `1 to ${MIGRATIONS.length}`),
  );
});

test("is left as it was by a migration that fails", async (temporary) => {
  const failing = [...NEXT, { additive: false, sql: "CREATE TABLE more (a int); SELECT 1 / 0" }];
  await assert.rejects(temporary.open({ migrations: failing }), /division by zero/);
  const database = await temporary.open();
  assert.deepEqual(await database.all("SELECT version FROM version"), [{ version: MIGRATIONS.length }]);
  assert.deepEqual(await database.first("SELECT to_regclass('notes') AS notes"), { notes: null });
});

test("gives numbers, bytes and texts back as they were", async (temporary) => {
  const database = await temporary.open();
  const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
  assert.deepEqual(
    await database.first(
      "SELECT $1::bigint AS big, $2::float8 AS float, $3::bytea AS bytes, sum(n) AS sum, $4::text AS text, $5::int[] AS list FROM unnest($5::int[]) AS n",
      2 ** 53 - 1,
      5e-324,
      bytes,
      "ö'\u{1f5bc}",
      [1, 2],
    ),
    { big: 2 ** 53 - 1, float: 5e-324, bytes, sum: 3, text: "ö'\u{1f5bc}", list: [1, 2] },
  );
  await assert.rejects(database.first("SELECT 9007199254740993 AS big"), /2\^53/);
});

test("does all of a transaction, or nothing", async (temporary) => {
  const database = await temporary.open({ migrations: NEXT });
  const add = (then: () => void) =>
    database.transaction(async (queries) => {
      await queries.run("INSERT INTO notes VALUES ('b')");
      then();
    });
  const stop = new Error("stop");
  await assert.rejects(
    add(() => {
      throw stop;
    }),
    (error) => error === stop,
  );
  await assert.rejects(
    database.transaction(async (queries) => {
      await queries.run("INSERT INTO notes VALUES ('c')");
      await queries.run("SELECT 1 / 0").catch(() => {});
    }),
    /ROLLBACK/,
  );
  assert.equal((await database.all("SELECT * FROM notes")).length, 1);
  await add(() => {});
  assert.equal((await database.all("SELECT * FROM notes")).length, 2);
});

test("does a transaction again that stood in another's way", async (temporary) => {
  const database = await temporary.open();
  await database.run("INSERT INTO owner_bytes (owner) VALUES ('a'), ('b')");
  const bothLocked = Promise.withResolvers<void>();
  let [locked, calls] = [0, 0];
  const change = (first: string, second: string) =>
    database.transaction(async (queries) => {
      calls++;
      const sql = "UPDATE owner_bytes SET files = files + 1 WHERE owner = $1";
      await queries.run(sql, first);
      if (++locked === 2) bothLocked.resolve();
      await bothLocked.promise;
      await queries.run(sql, second);
    });
  await Promise.all([change("a", "b"), change("b", "a")]);
  assert.deepEqual(await database.first("SELECT sum(files) AS sum FROM owner_bytes"), { sum: 4 });
  assert.equal(calls, 3);
});

test("goes on after its connections were ended", async (temporary) => {
  const database = await temporary.open();
  const end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()";
  await assert.rejects(database.transaction((queries) => queries.run(end)), isError("STORAGE_UNAVAILABLE", "57P01"));
  assert.deepEqual(await database.first("SELECT 1 AS one"), { one: 1 });
});

test("ends what takes too long, and says that all connections are busy", async (temporary) => {
  const patience = { connect: 100, statement: 200, answer: 5_000 };
  const database = await temporary.open({ connections: 1, patience });
  const slow = assert.rejects(database.run("SELECT pg_sleep(30)"), isError("STORAGE_UNAVAILABLE", "too slow"));
  await assert.rejects(database.run("SELECT 1"), isError("STORAGE_UNAVAILABLE", "busy"));
  await slow;
  assert.deepEqual(await database.first("SELECT 1 AS one"), { one: 1 });
});

test("gives a connection up over which no answer comes", async (temporary) => {
  const database = await temporary.open({ patience: { connect: 5_000, statement: 30_000, answer: 100 } });
  await assert.rejects(database.run("SELECT pg_sleep(30)"), isError("STORAGE_UNAVAILABLE", "no answer"));
  await assert.rejects(
    database.transaction((queries) => queries.run("SELECT pg_sleep(30)")),
    isError("STORAGE_UNAVAILABLE", "no answer"),
  );
  assert.deepEqual(await database.first("SELECT 1 AS one"), { one: 1 });
});

test("says what its failures mean, and keeps those that are bugs", async (temporary) => {
  const database = await temporary.open();
  const raise = (state: string) =>
    database.run(`DO $$ BEGIN RAISE EXCEPTION 'secret' USING ERRCODE = '${state}'; END $$`);
  for (
    const [state, code, found] of [
      ["53100", "STORAGE_FULL", "no space left"],
      ["53300", "STORAGE_UNAVAILABLE", "too many connections"],
      ["53200", "STORAGE_UNAVAILABLE", "short of resources"],
      ["57P01", "STORAGE_UNAVAILABLE", "shutting down"],
      ["57P03", "STORAGE_UNAVAILABLE", "starting or shutting down"],
      ["25006", "STORAGE_UNAVAILABLE", "read-only"],
      ["08006", "STORAGE_UNAVAILABLE", "connection broken"],
      ["58030", "STORAGE_UNAVAILABLE", "disk failing"],
      ["40001", "STORAGE_UNAVAILABLE", "changing the same"],
      ["XX001", "STORAGE_UNREADABLE", "damaged"],
    ] as const
  ) {
    await assert.rejects(
      raise(state),
      (error) => isError(code, found)(error) && error instanceof Error && !error.message.includes("secret"),
      state,
    );
  }
  for (const state of ["22012", "42P01", "XX000"]) {
    await assert.rejects(raise(state), (error) => !(error instanceof GramcastError), state);
  }
  assert.deepEqual(await database.first("SELECT 1 AS one"), { one: 1 });
});

test("says what is wrong without saying where, and when to try again", async (temporary) => {
  const database = await temporary.open();
  await database.run("DROP ROLE IF EXISTS stranger");
  await database.run("CREATE ROLE stranger LOGIN");
  for (
    const [url, found] of [
      ["postgres://ann:secret@127.0.0.1:1/private", "nothing that answers"],
      [temporary.url.replace("/t_", "/u_"), "no database of this name"],
      [temporary.url.replace("gramcast@", "stranger@"), "no right to its tables"],
    ] as const
  ) {
    await assert.rejects(
      Database.open(url, SILENT_LOG),
      (error) =>
        isError("STORAGE_UNAVAILABLE", found, "wanted DATABASE_URL to name one that answers")(error) &&
        error instanceof Error && "details" in error &&
        !/secret|private|127|u_/.test(error.message) &&
        (error.details as { retryAfter?: number }).retryAfter === 5,
    );
  }
});

test("has sessions that hear what is notified, and know when they are lost", async (temporary) => {
  const database = await temporary.open();
  await using session = await database.session();
  const heard = Promise.withResolvers<string>();
  await session.listen("news", heard.resolve);
  await database.run("SELECT pg_notify('news', 'a 1')");
  assert.equal(await heard.promise, "a 1");
  const lost = new Promise((resolve) => session.lost.addEventListener("abort", resolve, { once: true }));
  await database.run(
    "SELECT pg_terminate_backend($1)",
    (await session.first<{ pid: number }>("SELECT pg_backend_pid() AS pid"))!.pid,
  );
  await lost;
  assert.ok(isError("STORAGE_UNAVAILABLE")(session.lost.reason));
  await assert.rejects(session.first("SELECT 1"), isError("STORAGE_UNAVAILABLE"));
});
