import { NO_POSTGRES } from "./postgres_programs.ts";
import { TemporaryDatabase } from "./temporary_database.ts";

/** Registers tests, each on an empty database of its own; skipped where there is no PostgreSQL. @param name Begins their names. */
export function postgresTest(name: string) {
  return (title: string, body: (temporary: TemporaryDatabase) => Promise<void>): void =>
    Deno.test({
      name: `${name} ${title}${NO_POSTGRES === null ? "" : ` (skipped: ${NO_POSTGRES})`}`,
      ignore: NO_POSTGRES !== null,
      fn: async () => {
        await using temporary = await TemporaryDatabase.make();
        await body(temporary);
      },
    });
}
