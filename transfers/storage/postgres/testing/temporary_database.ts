import { SILENT_LOG } from "../../../log.ts";
import { Database, type DatabaseOptions } from "../database.ts";
import { migrate } from "../migrate.ts";
import { MIGRATIONS } from "../migrations.ts";
import { PATIENCE } from "../client.ts";
import { Session } from "../session.ts";
import { POSTGRES } from "./postgres_server.ts";

/** Of the lock under which the template is made. */
const LOCK = 7;
const TEMPLATE = "template_gramcast";

/** An empty database that goes with its connections. */
export class TemporaryDatabase implements AsyncDisposable {
  readonly url: string;
  readonly #name: string;
  readonly #opened: Database[] = [];

  private constructor(name: string) {
    this.#name = name;
    this.url = POSTGRES!.url(name);
  }

  /** @param template Of a database with all tables; null for one with none. */
  static async make(template: string | null = TEMPLATE): Promise<TemporaryDatabase> {
    if (template !== null) await (madeTemplate ??= makeTemplate());
    const name = `t_${crypto.randomUUID().replaceAll("-", "")}`;
    await using session = await Session.open(POSTGRES!.url("postgres"));
    await session.run(`CREATE DATABASE ${name} TEMPLATE ${template ?? "template0"}`);
    return new TemporaryDatabase(name);
  }

  /** Opens it, as another server does each time. */
  async open(options: DatabaseOptions = {}): Promise<Database> {
    const database = await Database.open(this.url, SILENT_LOG, { connections: 4, ...options });
    this.#opened.push(database);
    return database;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#opened.map((database) => database.close()));
    await using session = await Session.open(POSTGRES!.url("postgres"));
    await session.run(`DROP DATABASE ${this.#name} WITH (FORCE)`);
  }
}

let madeTemplate: Promise<void> | null = null;

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
