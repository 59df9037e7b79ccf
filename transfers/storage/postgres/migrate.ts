// @ts-types="npm:@types/pg@8.23.1"
import pg from "pg";
import { GramcastError } from "../../../errors.ts";
import { clientConfig, Connected, type Patience, SCHEMA, tell } from "./client.ts";
import { goodbye } from "./goodbye.ts";
import type { Migration } from "./migrations.ts";
import { connect } from "./session.ts";
import { openingError } from "./storage_error.ts";

/** The oldest server that will do, as it numbers itself. */
const OLDEST_SERVER = 140000;
/** Of the lock that is held meanwhile: "Gram". */
const LOCK = 0x4772616d;
/** Milliseconds that a step may take, or that another program's is waited for. */
const MIGRATION_PATIENCE = 600_000;

/**
 * Brings the tables to the newest version; of programs that start at once, one does. All steps are taken, or none.
 *
 * @throws {GramcastError} BAD_USER_INPUT for settings in the address that cannot be used; STORAGE_UNAVAILABLE;
 *   STORAGE_UNREADABLE when they are of a newer version that this program would
 *   do harm to.
 */
export async function migrate(
  url: string,
  patience: Patience,
  migrations: readonly Migration[],
  schema = SCHEMA,
): Promise<void> {
  const long = { ...patience, statement: MIGRATION_PATIENCE, answer: MIGRATION_PATIENCE };
  const client = clientOf(clientConfig(url, long, schema));
  try {
    await connect(client);
    await tell(client, "BEGIN");
    await tell(client, `SELECT pg_advisory_xact_lock(${LOCK})`);
    await checkServer(new Connected(client));
    await takeSteps(client, migrations, schema);
    await tell(client, "COMMIT");
  } catch (error) {
    throw openingError(error);
  } finally {
    // What is not committed is undone.
    await goodbye(client.end());
  }
}

/** A client for a start: here it reads its certificates, and finds settings that do not go together. */
function clientOf(config: pg.ClientConfig): pg.Client {
  try {
    return new pg.Client(config);
  } catch (cause) {
    // What the library says may hold a path, or the address.
    throw new GramcastError(
      "BAD_USER_INPUT",
      "Cannot use DATABASE_URL: found a setting behind its ? that cannot be used, or a certificate that cannot be read, wanted sslmode=verify-full, and PEM files as sslrootcert, sslcert and sslkey",
      { field: "DATABASE_URL", cause },
    );
  }
}

async function checkServer(queries: Connected): Promise<void> {
  const { version, number, encoding } = (await queries.first<{ version: string; number: number; encoding: string }>(
    `SELECT current_setting('server_version') AS version, current_setting('server_version_num')::int AS number,
            current_setting('server_encoding') AS encoding`,
  ))!;
  if (number < OLDEST_SERVER) throw refused("STORAGE_UNAVAILABLE", `PostgreSQL ${version}`, "14 or later");
  if (encoding !== "UTF8") throw refused("STORAGE_UNAVAILABLE", `its encoding ${encoding}`, "UTF8");
}

async function takeSteps(client: pg.Client, migrations: readonly Migration[], schema: string): Promise<void> {
  const queries = new Connected(client);
  // A user who may not make schemas can be given this one.
  const there = await queries.first("SELECT 1 FROM pg_namespace WHERE nspname = $1", schema);
  if (there === undefined) await tell(client, `CREATE SCHEMA ${schema}`);
  await tell(client, "CREATE TABLE IF NOT EXISTS version (version integer NOT NULL, needed integer NOT NULL)");
  const found = await queries.first<{ version: number; needed: number }>("SELECT version, needed FROM version");
  const { version, needed } = found ?? { version: 0, needed: 0 };
  if (needed > migrations.length) {
    throw refused(
      "STORAGE_UNREADABLE",
      `version ${version}, which a newer Gramcast wrote`,
      `one of this program of version 1 to ${migrations.length}`,
    );
  }
  if (version >= migrations.length) return;
  for (const { sql } of migrations.slice(version)) await tell(client, sql);
  await tell(client, "DELETE FROM version");
  const breaking = migrations.findLastIndex(({ additive }) => !additive) + 1;
  await queries.run("INSERT INTO version VALUES ($1, $2)", migrations.length, breaking);
}

function refused(code: "STORAGE_UNAVAILABLE" | "STORAGE_UNREADABLE", found: string, wanted: string): GramcastError {
  return new GramcastError(code, `Cannot use the database: found ${found}, wanted ${wanted}`, {
    field: "DATABASE_URL",
  });
}
