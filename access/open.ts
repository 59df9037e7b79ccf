/**
 * The access layer as a running server has it.
 *
 * @module
 */
import { authWays, type Config, isLoopback, oidcSettings } from "../config.ts";
import { GramcastError } from "../errors.ts";
import type { Clock } from "../transfers/clock.ts";
import type { Log } from "../transfers/log.ts";
import { Access } from "./access.ts";
import { OidcTokens } from "./oidc_tokens.ts";
import type { AccessStore } from "./ports.ts";
import { MemoryAccessStore } from "./storage/memory_access_store.ts";
import { SqliteAccessStore } from "./storage/sqlite_access_store.ts";

const FIRST_KEY = "admin";

/** Opens what the layer has kept where the configuration says. @throws {GramcastError} STORAGE_UNAVAILABLE, STORAGE_UNREADABLE */
export async function openAccessStore({ databaseUrl, store, dataDir }: Config, log: Log): Promise<AccessStore> {
  if (databaseUrl === null) {
    return store === "sqlite" ? await SqliteAccessStore.open(dataDir, log) : new MemoryAccessStore();
  }
  // With the client of the database, which nobody else needs.
  const { PostgresAccessStore } = await import("./storage/postgres_access_store.ts");
  return await PostgresAccessStore.open(databaseUrl, log);
}

/**
 * @param clock That of all servers that share the storage: what one signs, another takes until the same moment.
 * @throws {GramcastError} STORAGE_UNAVAILABLE, STORAGE_UNREADABLE
 */
export async function openAccess(config: Config, clock: Clock, log: Log): Promise<Access> {
  const store = await openAccessStore(config, log);
  const settings = oidcSettings(config);
  const oidc = settings && new OidcTokens(settings, clock, log);
  return await Access.open({ ways: authWays(config), oidc, store, clock, log });
}

/**
 * Says who may come in. A server that takes keys and has none gets one for its admin, which is told once.
 *
 * @param url Where the server listens.
 * @param tell Takes what is for nobody but who starts the server.
 */
export async function tellAccess(
  access: Access,
  config: Config,
  url: string,
  log: Log,
  tell: (line: string) => void,
): Promise<void> {
  const ways = authWays(config);
  if (ways.length === 0) {
    if (!isLoopback(config.host)) {
      log.warn(`AUTH=off: whoever reaches ${config.host}:${config.port} sees and changes everything`);
    }
    return;
  }
  log.info(`Callers show who they are: AUTH=${ways.join(",")}`);
  // Who waits for its answer are those with a token; the server is there for the others meanwhile.
  void access.prepare();
  if (!ways.includes("keys") || (await access.keys.list()).length > 0) return;
  const key = await firstKey(access);
  if (key === null) return;
  const page = (config.publicUrl?.href ?? url).replace(/\/+$/, "");
  tell(`The first key, of an admin; it is not shown again: ${key}`);
  tell(`To sign in, open ${page}/#key=${key}`);
}

/** Null where another server that started at once has made it. */
async function firstKey({ keys }: Access): Promise<string | null> {
  try {
    return await keys.create({ name: FIRST_KEY, role: "ADMIN", expiresAt: null });
  } catch (error) {
    if (error instanceof GramcastError && error.code === "CONFLICT") return null;
    throw error;
  }
}
