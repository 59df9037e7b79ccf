import { SILENT_LOG } from "../../../log.ts";
import { PATIENCE } from "../client.ts";
import { Database, type DatabaseOptions } from "../database.ts";
import { migrate } from "../migrate.ts";
import { MIGRATIONS } from "../migrations.ts";
import { Session } from "../session.ts";
import { POSTGRES } from "./postgres_server.ts";

/** Of the lock under which the template is made. */
const LOCK = 7;
const TEMPLATE = "template_gramcast";

/** Whoever is left in a database has to leave it, and so do all rows; numbers begin anew. */
const EMPTY = `
  DO $$
  DECLARE name text;
  BEGIN
    PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND pid <> pg_backend_pid();
    SET LOCAL session_replication_role = replica;
    FOR name IN SELECT oid::regclass FROM pg_class
      WHERE relnamespace IN (SELECT oid FROM pg_namespace WHERE nspname LIKE 'gramcast%')
        AND relkind = 'r' AND relname <> 'version'
    LOOP
      EXECUTE 'DELETE FROM ' || name;
    END LOOP;
    INSERT INTO gramcast.queue_state DEFAULT VALUES;
    PERFORM setval(oid::regclass, 1, false) FROM pg_class
      WHERE relnamespace = 'gramcast'::regnamespace AND relkind = 'S';
  END $$`;

/** Databases of this file that nobody uses. To make one takes ten times as long as to empty one. */
const idle: string[] = [];
let madeTemplate: Promise<void> | null = null;

/** An empty database with all tables, which goes with its connections. */
export class TemporaryDatabase implements AsyncDisposable {
  readonly url: string;
  readonly #name: string;
  readonly #opened: Database[] = [];
  #altered = false;

  private constructor(name: string) {
    this.#name = name;
    this.url = POSTGRES!.url(name);
  }

  static async make(): Promise<TemporaryDatabase> {
    return new TemporaryDatabase(idle.pop() ?? await makeDatabase());
  }

  /** Opens it, as another server does each time. */
  async open(options: DatabaseOptions = {}): Promise<Database> {
    if (options.migrations !== undefined) this.#altered = true;
    const database = await Database.open(this.url, SILENT_LOG, { connections: 4, ...options });
    this.#opened.push(database);
    return database;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#opened.map((database) => database.close()));
    if (this.#altered) return;
    await using session = await Session.open(this.url);
    await session.run(EMPTY);
    idle.push(this.#name);
  }
}

async function makeDatabase(): Promise<string> {
  await (madeTemplate ??= makeTemplate());
  const name = `t_${crypto.randomUUID().replaceAll("-", "")}`;
  await using session = await Session.open(POSTGRES!.url("postgres"));
  await session.run(`CREATE DATABASE ${name} TEMPLATE ${TEMPLATE}`);
  return name;
}

/** Test files that run at once share it. */
async function makeTemplate(): Promise<void> {
  await using session = await Session.open(POSTGRES!.url("postgres"));
  await session.run("SELECT pg_advisory_lock($1)", LOCK);
  if (await session.first("SELECT 1 FROM pg_database WHERE datname = $1", TEMPLATE) !== undefined) return;
  const making = `${TEMPLATE}_new`;
  await session.run(`CREATE DATABASE ${making} TEMPLATE template0`);
  await migrate(POSTGRES!.url(making), PATIENCE, MIGRATIONS);
  await session.run(`ALTER DATABASE ${making} RENAME TO ${TEMPLATE}`);
}
