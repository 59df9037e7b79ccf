import type { Clock } from "../transfers/clock.ts";
import type { Caller } from "../transfers/caller.ts";
import { hasExpired } from "./expiry.ts";
import type { Identity } from "./identity.ts";
import type { Signer } from "./signer.ts";
import { unauthenticated } from "./unauthenticated.ts";

/** The parameter of a link that says for whom it is, until when, and is signed. */
const PARAMETER = "access";
const PURPOSE = "link";
const HOUR_MS = 3_600_000;

/** What a link opens its path with. */
export type Grant =
  /** Who that is, is looked up: a link tells whoever has it nothing of its owner. */
  | { readonly origin: string; readonly expiresAt: number }
  /** For an identity that is kept nowhere; who has the link has been told all of it. */
  | { readonly origin: null; readonly expiresAt: number; readonly caller: Caller };

/**
 * Links that work without a header, as `<img>` and EventSource need them: each opens one path with one query, for one
 * caller. A link ends with what its caller's identity comes from, and after one to two hours; within an hour it stays the
 * same, so that browsers cache what it leads to.
 */
export class SignedLinks {
  readonly #signer: Signer;
  readonly #clock: Clock;

  constructor(signer: Signer, clock: Clock) {
    this.#signer = signer;
    this.#clock = clock;
  }

  /**
   * @param path Path and query below the server's root.
   * @returns The same with its signature, and when it expires in milliseconds since the epoch.
   */
  sign(path: string, { caller, expiresAt, origin }: Identity): { readonly path: string; readonly expiresAt: number } {
    const end = Math.min(expiresAt ?? Infinity, (Math.floor(this.#clock.now() / HOUR_MS) + 2) * HOUR_MS);
    const grant: Grant = origin === null ? { origin, expiresAt: end, caller } : { origin, expiresAt: end };
    const text = Buffer.from(JSON.stringify(grant)).toString("base64url");
    const url = new URL(path, "http://localhost");
    url.searchParams.delete(PARAMETER);
    const signature = this.#signer.sign(PURPOSE, `${text} ${target(url)}`);
    url.searchParams.set(PARAMETER, `${text}.${signature}`);
    return { path: target(url), expiresAt: end };
  }

  /**
   * What a URL was signed with; undefined when it was not.
   *
   * @throws {GramcastError} UNAUTHENTICATED
   */
  grantOf(url: URL): Grant | undefined {
    const given = url.searchParams.get(PARAMETER);
    if (given === null) return undefined;
    const [text = "", signature = ""] = given.split(".");
    const bare = new URL(url);
    bare.searchParams.delete(PARAMETER);
    if (!this.#signer.verifies(signature, PURPOSE, `${text} ${target(bare)}`)) {
      throw unauthenticated("a link whose signature is not of this address");
    }
    const grant: Grant = JSON.parse(Buffer.from(text, "base64url").toString());
    if (hasExpired(grant.expiresAt, this.#clock.now())) throw unauthenticated("a link that has expired");
    return grant;
  }
}

/** Whether an address shows a signature, right or wrong. */
export function isSigned({ searchParams }: URL): boolean {
  return searchParams.has(PARAMETER);
}

function target({ pathname, search }: URL): string {
  return pathname + search;
}
