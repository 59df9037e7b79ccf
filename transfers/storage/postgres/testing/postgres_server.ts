import { existsSync } from "node:fs";
import type { Queries } from "../client.ts";
import { POSTGRES_PROGRAMS, type PostgresPrograms } from "./postgres_programs.ts";

/**
 * A PostgreSQL of the tests' own, from the programs of the system's packages: in a folder of its own, reached by a socket
 * in it, without waiting for the disk. All test files of a process share it. A shell beside it ends it and removes its
 * folder when the process is gone, however that ends.
 */
export interface PostgresServer {
  /** Of the programs, as `15`. */
  readonly version: string;
  /** URL of a database of it. */
  url(database: string): string;
  /** Its folder. */
  readonly directory: string;
}

/** Starts the server with the data directory `$1/data`, and ends it when process `$2` is gone. Programs are in `$3`. */
const KEEPER = `
set -e
folder=$1; process=$2; programs=$3; user=$4
as() { if [ -n "$user" ]; then setpriv --reuid="$user" --regid="$(id -g "$user")" --clear-groups -- "$@"; else "$@"; fi; }
cd /
trap 'as "$programs/pg_ctl" -D "$folder/data" -m immediate stop >/dev/null 2>&1 || true; rm -rf "$folder"' EXIT
as "$programs/initdb" -D "$folder/data" -A trust -U gramcast -E UTF8 --locale=C --no-sync >"$folder/log" 2>&1
cat >>"$folder/data/postgresql.conf" <<END
listen_addresses = ''
unix_socket_directories = '$folder'
max_connections = 200
shared_buffers = 32MB
fsync = off
full_page_writes = off
autovacuum = off
deadlock_timeout = 20ms
END
as "$programs/pg_ctl" -D "$folder/data" -l "$folder/data/log" -w start >/dev/null
touch "$folder/ready"
while kill -0 "$process" 2>/dev/null; do sleep 1; done
`;

/** The server of this process, started where it is not there yet. */
export const POSTGRES: PostgresServer | null = POSTGRES_PROGRAMS === null ? null : await start(POSTGRES_PROGRAMS);

async function start({ directory: bin, version }: PostgresPrograms): Promise<PostgresServer> {
  const directory = `/tmp/gramcast-postgres-${Deno.pid}`;
  if (await isFirst(directory)) {
    // PostgreSQL refuses to run as root.
    const user = Deno.uid() === 0 ? "nobody" : "";
    if (user !== "") await new Deno.Command("chown", { args: [user, directory] }).output();
    await new Deno.Command("sh", {
      args: [
        "-c",
        'setsid sh -c "$0" keeper "$@" </dev/null >/dev/null 2>&1 &',
        KEEPER,
        directory,
        String(Deno.pid),
        bin,
        user,
      ],
    }).output();
  }
  while (!existsSync(`${directory}/ready`)) {
    if (!existsSync(directory)) throw new Error("PostgreSQL does not start");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return { version, directory, url: (database) => `postgres://gramcast@/${database}?host=${directory}` };
}

async function isFirst(directory: string): Promise<boolean> {
  try {
    await Deno.mkdir(directory);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    throw error;
  }
}

/** Has a server of tests work as one that keeps what it is given does: for measurements. */
export async function useDisk(queries: Queries): Promise<void> {
  for (const setting of ["fsync", "full_page_writes", "autovacuum"]) {
    await queries.run(`ALTER SYSTEM SET ${setting} = on`);
  }
  await queries.run("SELECT pg_reload_conf()");
}
