import { existsSync } from "node:fs";
import { join } from "node:path";

/** PostgreSQL as the system's packages bring it. */
export interface PostgresPrograms {
  /** Where `initdb`, `pg_ctl` and the others are. */
  readonly directory: string;
  /** As `15`. */
  readonly version: string;
}

const PACKAGES = "/usr/lib/postgresql";

/** The newest that is here; null for none. */
export const POSTGRES_PROGRAMS: PostgresPrograms | null = newest();

/** Why there is no PostgreSQL here, for the name of a skipped test; null where there is one. */
export const NO_POSTGRES = POSTGRES_PROGRAMS === null ? `no PostgreSQL in ${PACKAGES}` : null;

function newest(): PostgresPrograms | null {
  if (!existsSync(PACKAGES)) return null;
  return [...Deno.readDirSync(PACKAGES)]
    .map(({ name: version }) => ({ directory: join(PACKAGES, version, "bin"), version }))
    .filter(({ directory }) => existsSync(join(directory, "initdb")))
    .sort((a, b) => Number(b.version) - Number(a.version))[0] ?? null;
}
