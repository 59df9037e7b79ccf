import { GraphQLError } from "graphql";
import type { Access, Session } from "../access/access.ts";
import type { Credentials } from "../access/identity.ts";
import { type Meter, type RateName, type RateRefusal, RATES, type Rates, type RateState } from "../access/rates.ts";
import { isSigned } from "../access/signed_links.ts";
import { GramcastError } from "../errors.ts";

/** What a wrong key counts as, in requests. */
export const FAILURE_WEIGHT = 30;
/** Complexity of an operation that counts as one request. */
export const COMPLEXITY_PER_REQUEST = 100;

/** A request, or a socket with all that comes on it, as the rates see it: of an address, and of a key once it shows one. */
export class Visit {
  readonly #rates: Rates;
  readonly #access: Access;
  readonly #address: string;
  readonly #bounded: boolean;
  #meter: Meter | null = null;

  /** @param address Of the client, as `RequestAddress.clientOf` tells it. */
  constructor(rates: Rates, access: Access, address: string) {
    this.#rates = rates;
    this.#access = access;
    this.#address = address;
    this.#bounded = rates.bounded;
  }

  /** Counts a request that shows no key. @throws {GraphQLError} RATE_LIMITED */
  enter(): void {
    this.take("requests", 1);
  }

  /**
   * Finds out who asks, and counts the request. Who has shown too many wrong keys from this address is not even looked at,
   * unless the key is one that was right before.
   *
   * @throws {GraphQLError} RATE_LIMITED
   * @throws {GramcastError} UNAUTHENTICATED, FORBIDDEN, ISSUER_UNAVAILABLE
   */
  async admit(credentials: Credentials, until: AbortSignal): Promise<Session> {
    if (!this.#bounded) return await this.#access.admit(credentials, until);
    const { authorization, url } = credentials;
    const shown = authorization !== null || (url !== null && isSigned(url));
    if (!shown || !this.#access.required) {
      this.enter();
      return await this.#access.admit(credentials, until);
    }
    const known = authorization !== null && this.#rates.knows(authorization);
    const ofAddress = this.#rates.ofAddress(this.#address);
    if (!known) {
      const guesses = ofAddress.states.find(({ name, left }) => name === "requests" && left < 1);
      if (guesses) throw limited({ ...guesses, retrySeconds: guesses.resetSeconds });
    }
    const session = await this.#identify(credentials, until, ofAddress);
    if (authorization !== null && !known) this.#rates.remember(authorization);
    this.#meter = this.#rates.ofKey(this.whoIs(session));
    this.take("requests", 1);
    return session;
  }

  /** Whom a session is of, as far as what one may have is counted: a key, or an address where there is none or a link. */
  whoIs({ identity: { origin, caller } }: Session): string {
    // A link is shown by many, from as many addresses.
    const isOne = this.#access.required && caller.follows === null;
    return [origin ?? caller.owner, ...(isOne ? [] : [this.#address])].join(" ");
  }

  /** Counts what comes. @throws {GraphQLError} RATE_LIMITED */
  take(name: RateName, amount: number): void {
    if (!this.#bounded || amount === 0) return;
    const refusal = name === "bytes" ? this.#own.take(name, amount) : this.#own.takeAtMost(name, amount);
    if (refusal) throw limited(refusal);
  }

  /** Counts what an operation weighs beyond the one request that it is. @throws {GraphQLError} RATE_LIMITED */
  takeComplexity(complexity: number): void {
    this.take("requests", Math.max(0, Math.ceil(complexity / COMPLEXITY_PER_REQUEST) - 1));
  }

  /** Says in a response what is left (draft-ietf-httpapi-ratelimit-headers). */
  mark(response: Response): Response {
    const states = this.states;
    if (states.length === 0) return response;
    response.headers.set("ratelimit-policy", states.map(policyItem).join(", "));
    response.headers.set(
      "ratelimit",
      states.map(({ name, left, resetSeconds }) => `"${name}";r=${left};t=${resetSeconds}`).join(", "),
    );
    return response;
  }

  /** Every rate that is bounded. */
  get states(): readonly RateState[] {
    return this.#bounded ? this.#own.states : [];
  }

  /** The same, as it stands in `extensions` where there are no headers. */
  get shown(): readonly object[] {
    return this.states.map(shown);
  }

  get #own(): Meter {
    return this.#meter ??= this.#rates.ofAddress(this.#address);
  }

  async #identify(credentials: Credentials, until: AbortSignal, ofAddress: Meter): Promise<Session> {
    try {
      return await this.#access.admit(credentials, until);
    } catch (error) {
      if (error instanceof GramcastError && error.code === "UNAUTHENTICATED") {
        ofAddress.drain("requests", FAILURE_WEIGHT);
        if (credentials.authorization !== null) this.#rates.forget(credentials.authorization);
      }
      throw error;
    }
  }
}

/** The error of what comes too often. */
function limited(refusal: RateRefusal): GraphQLError {
  const { name, limit, seconds, left, retrySeconds } = refusal;
  const when = retrySeconds === null
    ? `wanted at most ${limit} at once`
    : `wanted no more; try again in ${retrySeconds} s`;
  return new GraphQLError(
    `Cannot take more ${name} from here: found ${limit - left} of ${limit} in ${seconds} s used up, ${when}`,
    {
      extensions: {
        code: "RATE_LIMITED",
        rateLimit: { ...shown(refusal), retryAfter: retrySeconds },
        http: { status: 429, headers: retrySeconds === null ? {} : { "retry-after": String(retrySeconds) } },
      },
    },
  );
}

function shown({ name, limit, seconds, left, resetSeconds }: RateState): object {
  return { name, limit, window: seconds, remaining: left, reset: resetSeconds };
}

function policyItem({ name, limit, seconds }: RateState): string {
  const { unit } = RATES[name];
  return `"${name}";q=${limit};w=${seconds}${unit === null ? "" : `;qu="${unit}"`}`;
}
