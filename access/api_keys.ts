import { timingSafeEqual } from "node:crypto";
import { GramcastError } from "../errors.ts";
import { LIMITS } from "../limits.ts";
import type { AuditedAction, AuditEntry } from "../transfers/audit.ts";
import { NOBODY, type Role } from "../transfers/caller.ts";
import type { Clock } from "../transfers/clock.ts";
import type { Owner } from "../transfers/types.ts";
import { checkText } from "../values.ts";
import { hashApiKey, isApiKey, newApiKey } from "./api_key.ts";
import { checkEnd, hasExpired } from "./expiry.ts";
import type { Authenticator, Identity } from "./identity.ts";
import type { AccessStore, KeyRecord } from "./ports.ts";
import { unauthenticated } from "./unauthenticated.ts";

/** Milliseconds between two notes of a key's use: it is for people who look for keys that nobody uses. */
const NOTED_EVERY_MS = 60_000;
const ORIGIN = "key:";

export interface NewKey {
  readonly name: string;
  /** The name when left out: several keys may share an owner. */
  readonly owner?: Owner | undefined;
  readonly role: Role;
  /** Milliseconds since the epoch; null for one that does not expire. */
  readonly expiresAt: number | null;
}

/** API keys: made, listed, revoked, and told by. */
export class ApiKeys implements Authenticator {
  readonly #store: AccessStore;
  readonly #clock: Clock;
  readonly #by: string;

  /** @param by Who makes and revokes keys in here, for the audit: "server" or "terminal". */
  constructor(store: AccessStore, clock: Clock, by: string) {
    this.#store = store;
    this.#clock = clock;
    this.#by = by;
  }

  /**
   * Makes a key. It is told here and never again.
   *
   * @throws {GramcastError} BAD_USER_INPUT, CONFLICT where there is a key of that name.
   */
  async create({ name, owner = name, role, expiresAt }: NewKey): Promise<string> {
    checkText("name", LIMITS.keyName, name);
    checkText("owner", LIMITS.keyName, owner);
    checkEnd("make a key", expiresAt, this.#clock.now());
    const key = newApiKey();
    const times = { createdAt: this.#clock.now(), expiresAt, lastUsedAt: null };
    const record = { id: crypto.randomUUID(), name, hash: hashApiKey(key), owner, role, ...times };
    if (await this.#store.addKey(record, this.#entry("create key", name))) return key;
    throw new GramcastError("CONFLICT", `Cannot make the key "${name}": found one of that name, wanted another name`, {
      field: "name",
    });
  }

  list(): Promise<readonly KeyRecord[]> {
    return this.#store.keys();
  }

  /** @throws {GramcastError} NOT_FOUND */
  async revoke(name: string): Promise<void> {
    const key = (await this.#store.keys()).find((key) => key.name === name);
    if (key && await this.#store.removeKey(key.id, this.#entry("revoke key", name))) return;
    throw new GramcastError(
      "NOT_FOUND",
      `Cannot revoke the key "${name}": found none of that name, wanted one that exists`,
      { field: "name" },
    );
  }

  async identify(token: string): Promise<Identity | undefined> {
    if (!token.startsWith("gram_")) return undefined;
    const hash = isApiKey(token) ? hashApiKey(token) : null;
    const key = hash === null ? null : await this.#store.keyByHash(hash);
    // The index found it by its hash, which tells an attacker nothing of the key; the comparison costs nothing either.
    if (hash === null || key === null || !timingSafeEqual(Buffer.from(key.hash), Buffer.from(hash))) {
      throw unauthenticated("a key that is not known or was revoked");
    }
    const now = this.#clock.now();
    if (hasExpired(key.expiresAt, now)) throw unauthenticated("a key that has expired");
    if (now - (key.lastUsedAt ?? 0) >= NOTED_EVERY_MS) await this.#store.keyUsed(key.id, now);
    return identityOf(key);
  }

  async recall(origin: string): Promise<Identity | null> {
    if (!origin.startsWith(ORIGIN)) return null;
    const key = await this.#store.keyById(origin.slice(ORIGIN.length));
    return key && identityOf(key);
  }

  #entry(action: AuditedAction, subject: string): AuditEntry {
    return { at: this.#clock.now(), name: this.#by, owner: NOBODY, role: "ADMIN", action, subject };
  }
}

function identityOf({ id, name, owner, role, expiresAt }: KeyRecord): Identity {
  return { caller: { name, owner, role, follows: null }, expiresAt, origin: ORIGIN + id };
}
