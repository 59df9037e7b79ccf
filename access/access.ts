import type { AuthWay } from "../config.ts";
import { GramcastError } from "../errors.ts";
import { type Caller, LOCAL_CALLER } from "../transfers/caller.ts";
import type { Clock } from "../transfers/clock.ts";
import { type Log, SILENT_LOG } from "../transfers/log.ts";
import { ApiKeys } from "./api_keys.ts";
import { Audit } from "./audit.ts";
import { bearerToken } from "./bearer_token.ts";
import { hasExpired } from "./expiry.ts";
import type { Authenticator, Credentials, Identity } from "./identity.ts";
import type { OidcTokens } from "./oidc_tokens.ts";
import type { AccessStore } from "./ports.ts";
import { Shares } from "./shares.ts";
import type { SignIn } from "./sign_in.ts";
import { SignedLinks } from "./signed_links.ts";
import { Signer } from "./signer.ts";
import { unauthenticated } from "./unauthenticated.ts";

/** Milliseconds between looks at whether those who are connected still may be. */
const CHECK_MS = 5000;

/** Somebody who is connected. */
export interface Session {
  readonly identity: Identity;
  readonly caller: Caller;
  /** Aborted when the identity has expired or what it comes from was revoked. */
  readonly ended: AbortSignal;
}

interface OpenSession extends Session {
  end(): void;
}

export interface AccessOptions {
  /** None: nobody is asked who they are, and everybody is `LOCAL_CALLER`. */
  readonly ways: readonly AuthWay[];
  /** Tells by tokens, where they are one of the ways. */
  readonly oidc?: OidcTokens | null;
  readonly store: AccessStore;
  readonly clock: Clock;
  /** Nobody reads what is audited when left out; it is kept all the same. */
  readonly log?: Log;
}

/** Knows who is asking. */
export class Access implements AsyncDisposable {
  readonly keys: ApiKeys;
  readonly shares: Shares;
  readonly audit: Audit;
  readonly #oidc: OidcTokens | null;
  readonly #options: AccessOptions;
  readonly #links: SignedLinks;
  readonly #authenticators: readonly Authenticator[];
  readonly #sessions = new Set<OpenSession>();
  readonly #timer: ReturnType<typeof setInterval>;

  /** @throws {GramcastError} STORAGE_UNAVAILABLE, STORAGE_UNREADABLE */
  static async open(options: AccessOptions): Promise<Access> {
    return new Access(options, new Signer(await options.store.secret()));
  }

  private constructor(options: AccessOptions, signer: Signer) {
    const { ways, oidc = null, store, clock, log = SILENT_LOG } = options;
    this.#options = options;
    this.keys = new ApiKeys(store, clock, "server");
    this.audit = new Audit(store, clock, log);
    this.shares = new Shares(store, signer, clock);
    this.#links = new SignedLinks(signer, clock);
    this.#oidc = oidc;
    this.#authenticators = [this.shares, ...(ways.includes("keys") ? [this.keys] : []), ...(oidc ? [oidc] : [])];
    this.#timer = setInterval(() => void this.check(), CHECK_MS);
  }

  /** Whether callers have to show who they are. */
  get required(): boolean {
    return this.#options.ways.length > 0;
  }

  /** What a page has to know to have somebody sign in. */
  get signIn(): SignIn {
    return { ways: this.#options.ways, oidc: this.#oidc?.signIn ?? null };
  }

  /** Asks whom others have to be asked of; nobody has to wait for it. */
  async prepare(): Promise<void> {
    await this.#oidc?.issuer.ask();
  }

  /**
   * Admits a caller.
   *
   * @param until Aborted when the caller is gone.
   * @throws {GramcastError} UNAUTHENTICATED, FORBIDDEN, ISSUER_UNAVAILABLE
   */
  async admit(credentials: Credentials, until: AbortSignal): Promise<Session> {
    const identity = await this.#identify(credentials);
    const end = new AbortController();
    const session = { identity, caller: identity.caller, ended: end.signal, end: () => end.abort() };
    if (!until.aborted && (identity.origin !== null || identity.expiresAt !== null)) {
      this.#sessions.add(session);
      until.addEventListener("abort", () => this.#sessions.delete(session), { once: true });
    }
    return session;
  }

  /**
   * A path that a session's caller may get without a header.
   *
   * @param path Path and query below the server's root.
   * @returns The path, and when it stops to work in milliseconds since the epoch; null for never.
   */
  link({ identity }: Session, path: string): { readonly path: string; readonly expiresAt: number | null } {
    return this.required ? this.#links.sign(path, identity) : { path, expiresAt: null };
  }

  /** Ends the sessions of those who may no longer be connected. */
  async check(): Promise<void> {
    const now = this.#options.clock.now();
    const held = new Map<string, boolean>();
    for (const session of this.#sessions) {
      const { origin, expiresAt } = session.identity;
      if (origin !== null && !held.has(origin)) held.set(origin, await this.#holds(origin));
      if (hasExpired(expiresAt, now) || origin !== null && !held.get(origin)) {
        this.#sessions.delete(session);
        session.end();
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#options.store.close();
  }

  async #identify({ authorization, url }: Credentials): Promise<Identity> {
    if (!this.required) return { caller: LOCAL_CALLER, expiresAt: null, origin: null };
    if (authorization !== null) return await this.#bearer(authorization);
    const grant = url && this.#links.grantOf(url);
    if (!grant) throw unauthenticated("nothing that tells");
    if (grant.origin === null) return grant;
    const identity = await this.#recall(grant.origin);
    if (identity === null) throw unauthenticated("a link that was revoked");
    return { ...identity, expiresAt: grant.expiresAt };
  }

  async #bearer(authorization: string): Promise<Identity> {
    const token = bearerToken(authorization);
    if (token === undefined) throw unauthenticated("no bearer token in its credentials");
    for (const authenticator of this.#authenticators) {
      const identity = await authenticator.identify(token);
      if (identity) return identity;
    }
    throw unauthenticated("a token of no kind that this server takes");
  }

  async #recall(origin: string): Promise<Identity | null> {
    for (const authenticator of this.#authenticators) {
      const identity = await authenticator.recall(origin);
      if (identity !== null) return identity;
    }
    return null;
  }

  /** A storage that cannot be read for a moment sends nobody away. */
  async #holds(origin: string): Promise<boolean> {
    try {
      return await this.#recall(origin) !== null;
    } catch (error) {
      if (error instanceof GramcastError) return true;
      throw error;
    }
  }
}
