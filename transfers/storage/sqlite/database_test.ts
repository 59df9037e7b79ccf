import assert from "node:assert/strict";
import { SILENT_LOG } from "../../log.ts";
import { isError } from "../../testing/errors.ts";
import { Database } from "./database.ts";
import { MIGRATIONS } from "./migrations.ts";

/** Runs with the path of a database that is not there yet. */
async function withPath(body: (path: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    await body(`${directory}/gramcast.db`);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** Opens a database with these migrations, looks, and closes it. */
async function opened(
  path: string,
  migrations: readonly string[],
  look: (database: Database) => unknown,
): Promise<void> {
  const database = await Database.open(path, SILENT_LOG, migrations);
  try {
    await look(database);
  } finally {
    await database.close();
  }
}

const version = (database: Database) => database.first<{ user_version: number }>("PRAGMA user_version")?.user_version;
const NEXT = [...MIGRATIONS, "ALTER TABLE queue ADD COLUMN note TEXT; UPDATE queue SET note = owner"];

Deno.test("a database of an older version is brought to the newest with what is in it, once", () =>
  withPath(async (path) => {
    await opened(
      path,
      MIGRATIONS,
      (database) =>
        database.transaction(() =>
          database.run("INSERT INTO queue (id, owner, priority, confirmed) VALUES ('a', 'ann', 0, 1)")
        ),
    );
    for (let start = 0; start < 2; start++) {
      await opened(path, NEXT, (database) => {
        assert.equal(version(database), MIGRATIONS.length + 1);
        assert.deepEqual({ ...database.first<object>("SELECT id, note FROM queue") }, { id: "a", note: "ann" });
      });
    }
    await assert.rejects(
      opened(path, MIGRATIONS, version),
      isError("STORAGE_UNREADABLE", `version ${NEXT.length}`, `1 to ${MIGRATIONS.length}`),
    );
  }));

Deno.test("what was kept before uploads were told from other images counts as uploaded, but for results", () =>
  withPath(async (path) => {
    await opened(path, MIGRATIONS.slice(0, 1), (database) =>
      database.transaction(() => {
        database.run("INSERT INTO blobs VALUES ('s', 'f', 1)");
        for (const [id, createdAt] of [["upload", 5], ["result", 6]]) {
          database.run("INSERT INTO images VALUES (NULL, ?1, ?1, 's', 1, 1, 'image/png', 1, ?2)", id!, createdAt!);
        }
        for (const resultId of ["result", null]) {
          database.run(
            "INSERT INTO transfers (id, owner, status, sequence, document) VALUES (?, 'ann', 'FAILED', 1, ?)",
            String(resultId),
            JSON.stringify({ resultId }),
          );
        }
      }));
    await opened(path, MIGRATIONS, (database) => {
      const rows = database.all<object>("SELECT id, uploaded_at AS at FROM images ORDER BY created_at");
      assert.deepEqual(rows.map((row) => ({ ...row })), [{ id: "upload", at: 5 }, { id: "result", at: null }]);
    });
  }));

Deno.test("what owners have kept before their bytes were counted is counted", () =>
  withPath(async (path) => {
    await opened(path, MIGRATIONS.slice(0, 2), (database) =>
      database.transaction(() => {
        database.run("INSERT INTO blobs VALUES ('s', 'f', 8)");
        database.run(
          `INSERT INTO images (id, owner, sha256, width, height, mime_type, byte_length, created_at)
           VALUES ('i', 'ann', 's', 1, 1, 'image/png', 8, 5)`,
        );
        for (const [id, owner, bytes] of [["a", "ann", 3], ["b", "ann", 4], ["c", "bob", 5]] as const) {
          database.run(
            `INSERT INTO transfers (id, owner, status, sequence, file_bytes, document)
             VALUES (?, ?, 'QUEUED', 1, ?, '{}')`,
            id,
            owner,
            bytes,
          );
        }
      }));
    await opened(path, MIGRATIONS, (database) => {
      const rows = database.all<object>("SELECT * FROM owner_bytes ORDER BY owner").map((row) => ({ ...row }));
      assert.deepEqual(rows, [{ owner: "ann", images: 8, files: 7 }, { owner: "bob", images: 0, files: 5 }]);
      return Promise.resolve();
    });
  }));

Deno.test("a migration that fails in its middle changes nothing", () =>
  withPath(async (path) => {
    await opened(path, MIGRATIONS, () => {});
    await assert.rejects(opened(path, [...MIGRATIONS, "CREATE TABLE half (a TEXT) STRICT; DROP TABLE none"], version));
    await opened(path, MIGRATIONS, (database) => {
      assert.equal(version(database), MIGRATIONS.length);
      assert.equal(database.first("SELECT 1 FROM sqlite_schema WHERE name = 'half'"), undefined);
    });
  }));

Deno.test("a transaction that throws changes nothing, and the next goes on", () =>
  withPath((path) =>
    opened(path, ["CREATE TABLE numbers (n INTEGER) STRICT"], async (database) => {
      const add = (n: number) => database.run("INSERT INTO numbers VALUES (?)", n);
      await assert.rejects(
        database.transaction(() => {
          add(1);
          throw new Error("after all not");
        }),
        /after all not/,
      );
      await database.transaction(() => add(2));
      assert.deepEqual(database.all<{ n: number }>("SELECT n FROM numbers").map(({ n }) => n), [2]);
    })
  ));

Deno.test("transfers from before there were batches are of none, and go as they did", () =>
  withPath(async (path) => {
    const before = MIGRATIONS.findIndex((sql) => sql.includes("CREATE TABLE batches"));
    await opened(path, MIGRATIONS.slice(0, before), (database) =>
      database.transaction(() =>
        database.run(
          "INSERT INTO transfers (id, owner, status, sequence, document) VALUES ('a', 'ann', 'FAILED', 1, '{}')",
        )
      ));
    await opened(path, MIGRATIONS, async (database) => {
      assert.deepEqual({ ...database.first<object>("SELECT id, batch FROM transfers") }, { id: "a", batch: null });
      assert.equal(
        await database.transaction(() => database.run("DELETE FROM transfers")),
        1,
      );
    });
  }));
