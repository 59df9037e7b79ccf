import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from "jose";
import { GramcastError } from "../errors.ts";
import type { Clock } from "../transfers/clock.ts";
import { type Log, oneLine } from "../transfers/log.ts";

/** Milliseconds in which an answer of the issuer has to be complete. */
const TIMEOUT_MS = 5000;
/** Bytes of such an answer; the largest that is known of, Microsoft's, has 30,000. */
const MAX_BYTES = 2 ** 18;
/** Milliseconds for which keys are taken without asking whether they are still the issuer's. */
const FRESH_MS = 600_000;
/** The same while it does not answer: for about as long as the tokens that it gave out can last. */
const STALE_MS = 3_600_000;
/** Milliseconds between two times of asking, whatever came of the first: tokens of strangers make nobody ask more often. */
export const COOL_DOWN_MS = 30_000;

/** What a browser needs to know of an issuer to have somebody sign in. */
export interface Endpoints {
  readonly authorization: string;
  readonly token: string;
  /** Algorithms that it signs ID tokens with. */
  readonly algorithms: readonly string[];
}

/** What the issuer has said of itself, and when. */
interface Known {
  readonly endpoints: Endpoints;
  readonly select: JWTVerifyGetKey;
  readonly at: number;
}

/** Who issues tokens, as its discovery document and its keys (JWKS) say. Both are kept, and asked for anew when due. */
export class Issuer {
  /** As it stands in `iss`. */
  readonly name: string;
  readonly #clock: Clock;
  readonly #log: Log;
  #known: Known | null = null;
  /** The last time of asking. */
  #asked: { readonly at: number; readonly done: Promise<boolean> } | null = null;

  constructor(name: string, clock: Clock, log: Log) {
    this.name = name;
    this.#clock = clock;
    this.#log = log;
  }

  /** Where to sign in; null as long as the issuer has not said so. */
  get endpoints(): Endpoints | null {
    return this.#known?.endpoints ?? null;
  }

  /** Asks the issuer, unless that was just done; answers whether it is known by now. */
  async ask(): Promise<boolean> {
    if (this.#asked === null || this.#clock.now() - this.#asked.at >= COOL_DOWN_MS) {
      this.#asked = { at: this.#clock.now(), done: this.#fetch() };
    }
    await this.#asked.done;
    return this.#known !== null;
  }

  /**
   * The key that a token says it was signed with, as jose asks for it.
   *
   * @throws {GramcastError} ISSUER_UNAVAILABLE where that cannot be told at present.
   * @throws {errors.JOSEError} where the issuer has no such key.
   */
  readonly key: JWTVerifyGetKey = async (header, token) => {
    const age = this.#known === null ? Infinity : this.#clock.now() - this.#known.at;
    if (age >= FRESH_MS) await this.ask();
    try {
      return await this.#current().select(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
    }
    // Keys are rotated: a new one is asked for.
    await this.ask();
    if (!await this.#asked!.done) throw this.#unavailable();
    return await this.#current().select(header, token);
  };

  #current(): Known {
    if (this.#known === null || this.#clock.now() - this.#known.at >= STALE_MS) throw this.#unavailable();
    return this.#known;
  }

  #unavailable(): GramcastError {
    const message = "Cannot check the token: found no answer of who issued it, wanted its keys; try again later";
    return new GramcastError("ISSUER_UNAVAILABLE", message);
  }

  async #fetch(): Promise<boolean> {
    try {
      const at = this.#clock.now();
      const document = await fetchJson(`${this.name.replace(/\/$/, "")}/.well-known/openid-configuration`);
      if (document["issuer"] !== this.name) {
        throw new Error(`found the issuer "${document["issuer"]}", wanted the same as in OIDC_ISSUER`);
      }
      const endpoints = {
        authorization: this.#endpoint(document, "authorization_endpoint"),
        token: this.#endpoint(document, "token_endpoint"),
        algorithms: namesOf(document["id_token_signing_alg_values_supported"]),
      };
      const keys = await fetchJson(this.#endpoint(document, "jwks_uri"));
      this.#known = { endpoints, select: createLocalJWKSet(keys as unknown as JSONWebKeySet), at };
      return true;
    } catch (error) {
      this.#log.warn(`Cannot ask the issuer ${this.name}: ${oneLine(error)}`);
      return false;
    }
  }

  #endpoint(document: Readonly<Record<string, unknown>>, name: string): string {
    const url = URL.parse(String(document[name]));
    if (url && url.protocol === (this.name.startsWith("https:") ? "https:" : url.protocol)) return url.href;
    throw new Error(`found the ${name} "${document[name]}", wanted an https address`);
  }
}

/** @throws {Error} where there is no answer, or another than a JSON object. */
async function fetchJson(url: string): Promise<Readonly<Record<string, unknown>>> {
  const options: RequestInit = { redirect: "error", headers: { accept: "application/json" } };
  const response = await fetch(url, { ...options, signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`found status ${response.status} at ${url}, wanted 200`);
  }
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BYTES) throw new Error(`found more than ${MAX_BYTES} bytes at ${url}`);
    chunks.push(chunk);
  }
  const value: unknown = JSON.parse(await new Blob(chunks).text());
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>;
  }
  throw new Error(`found JSON that is no object at ${url}`);
}

function namesOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((name) => typeof name === "string") : [];
}
