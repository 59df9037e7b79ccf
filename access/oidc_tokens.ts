import { errors, type JWTPayload, jwtVerify } from "jose";
import type { OidcSettings } from "../config.ts";
import { GramcastError } from "../errors.ts";
import { type Role, ROLES } from "../transfers/caller.ts";
import type { Clock } from "../transfers/clock.ts";
import type { Log } from "../transfers/log.ts";
import type { Authenticator, Identity } from "./identity.ts";
import { Issuer } from "./issuer.ts";
import type { SignInAtIssuer } from "./sign_in.ts";
import { unauthenticated } from "./unauthenticated.ts";

/** What is signed with the issuer's secret key and checked with its public one; with anything else, anybody could sign. */
const ALGORITHMS = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
  "Ed25519",
];
/** Kinds of JWT (`typ`) that are for showing who one is; others, such as of logging out, look alike. */
const TYPES: readonly (string | undefined)[] = [undefined, "jwt", "at+jwt", "application/at+jwt"];
/** Seconds by which the issuer's clock may be ahead. */
const SKEW_SECONDS = 60;
/** Characters of a claim that is used as it is. */
const MAX_CLAIM = 255;
/** Before the owner of a token, so that an owner of API keys is another, unless the operator says the same. */
const OWNER_PREFIX = "oidc:";
const ROLE_PREFIX = "gramcast-";

type Claims = Readonly<Record<string, unknown>>;

/** JSON Web Tokens of an OpenID Connect issuer. */
export class OidcTokens implements Authenticator {
  readonly issuer: Issuer;
  readonly #settings: OidcSettings;
  readonly #clock: Clock;

  constructor(settings: OidcSettings, clock: Clock, log: Log) {
    this.issuer = new Issuer(settings.issuer, clock, log);
    this.#settings = settings;
    this.#clock = clock;
  }

  /**
   * @throws {GramcastError} UNAUTHENTICATED; FORBIDDEN for who has no role here; ISSUER_UNAVAILABLE where the keys that it
   * could be checked with cannot be had.
   */
  async identify(token: string): Promise<Identity | undefined> {
    if (!/^[\w-]+\.[\w-]+\.[\w-]*$/.test(token)) return undefined;
    const claims = await this.#verified(token);
    const { ownerClaim, nameClaim } = this.#settings;
    const owner = textOf(claims, ownerClaim);
    if (owner === undefined) throw unauthenticated(`a token without the claim ${ownerClaim}`);
    const name = textOf(claims, nameClaim) ?? owner;
    const expiresAt = claims.exp! * 1000;
    return {
      caller: { name, owner: OWNER_PREFIX + owner, role: this.#role(claims), follows: null },
      expiresAt,
      origin: null,
    };
  }

  /** What a page has to know to have somebody sign in at the issuer; null where it is no client there. */
  get signIn(): SignInAtIssuer | null {
    const { issuer, clientId, audience, scopes } = this.#settings;
    // Who opens a page has time until they sign in.
    if (this.issuer.endpoints === null) void this.issuer.ask();
    return clientId === null ? null : { issuer, clientId, audience, scopes, endpoints: this.issuer.endpoints };
  }

  /** Nothing of a token is kept here. */
  recall(): Promise<null> {
    return Promise.resolve(null);
  }

  async #verified(token: string): Promise<JWTPayload> {
    const { issuer, audience } = this.#settings;
    const now = this.#clock.now();
    try {
      const { payload, protectedHeader: { typ } } = await jwtVerify(token, this.issuer.key, {
        issuer,
        audience,
        algorithms: ALGORITHMS,
        requiredClaims: ["exp"],
        clockTolerance: SKEW_SECONDS,
        currentDate: new Date(now),
      });
      if (!TYPES.includes(typ?.toLowerCase())) throw unauthenticated("a token that is for something else");
      // Its end is that of a session and of its links, too: it is the same for all of them.
      if (payload.exp! * 1000 <= now) throw unauthenticated("a token that has expired");
      return payload;
    } catch (error) {
      if (error instanceof GramcastError) throw error;
      throw unauthenticated(faultOf(error));
    }
  }

  #role(claims: Claims): Role {
    const { rolesClaim, defaultRole } = this.#settings;
    const given = valueAt(claims, rolesClaim);
    const names = typeof given === "string" ? given.split(" ") : Array.isArray(given) ? given : [];
    const roles = (Object.keys(ROLES) as Role[]).filter((role) => names.includes(ROLE_PREFIX + role.toLowerCase()));
    const role = roles.at(-1) ?? defaultRole;
    if (role !== null) return role;
    const message = `Cannot let in: found none of the roles ${ROLE_PREFIX}viewer, ${ROLE_PREFIX}user and ` +
      `${ROLE_PREFIX}admin in the token's claim ${rolesClaim}`;
    throw new GramcastError("FORBIDDEN", message);
  }
}

/** What is wrong with a token; of a bug in here, too, no more is said to who has sent it than that it is not valid. */
function faultOf(error: unknown): string {
  if (error instanceof errors.JWTExpired) return "a token that has expired";
  if (error instanceof errors.JWTClaimValidationFailed) {
    return error.claim === "nbf" ? "a token that is not valid yet" : `a token whose claim ${error.claim} is not right`;
  }
  return "a token that is not signed by the issuer, or not rightly";
}

/** The value of a claim: by its name, or, where there is no such, by a path such as `realm_access.roles`. */
function valueAt(claims: Claims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  return name.split(".").reduce<unknown>(
    (value, key) =>
      typeof value === "object" && value !== null && Object.hasOwn(value, key) ? (value as Claims)[key] : undefined,
    claims,
  );
}

function textOf(claims: Claims, name: string): string | undefined {
  const value = valueAt(claims, name);
  return typeof value === "string" && value !== "" && value.length <= MAX_CLAIM ? value : undefined;
}
