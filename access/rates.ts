import { bearerToken } from "./bearer_token.ts";
import { createHash } from "node:crypto";
import { LRUCache } from "lru-cache";
import type { Clock } from "../transfers/clock.ts";
import { Bucket, type Rate } from "./bucket.ts";

/** What may come only so often of one key, or of one address where nobody shows a key. */
export const RATES = {
  requests: {
    help: "requests, pages and pictures among them, and operations on a WebSocket; heavy ones count as several",
    /** Of the IETF's RateLimit header fields; null for the usual one, requests. */
    unit: null,
  },
  bytes: { help: "bytes of bodies and messages, and of pictures that are fetched", unit: "content-bytes" },
  sockets: { help: "WebSockets that are opened, by address", unit: null },
  subscriptions: { help: "subscriptions that are opened", unit: null },
} as const;

export type RateName = keyof typeof RATES;
export const RATE_NAMES = Object.keys(RATES) as readonly RateName[];

/** Null where nothing bounds it. */
export type RatePolicy = Readonly<Record<RateName, Rate | null>>;

export const NO_RATES: RatePolicy = { requests: null, bytes: null, sockets: null, subscriptions: null };

/** Keys, and addresses, whose buckets are held; those that were asked for longest ago are full again. */
const MAX_METERS = 10_000;
/** Tokens whose bearers were let in. */
const MAX_KNOWN = 10_000;

/** One rate of somebody, as it stands. */
export interface RateState extends Rate {
  readonly name: RateName;
  readonly left: number;
  /** Seconds, rounded up, until some of what was taken comes back; 0 where nothing was. */
  readonly resetSeconds: number;
}

/** The refusal of what comes too often. */
export interface RateRefusal extends RateState {
  /** Seconds, rounded up, after which it could be tried again; null where it is more than ever comes through at once. */
  readonly retrySeconds: number | null;
}

/** The buckets of one key or address. */
export class Meter {
  readonly #buckets: ReadonlyMap<RateName, Bucket>;
  readonly #clock: Clock;

  constructor(policy: RatePolicy, clock: Clock) {
    this.#clock = clock;
    this.#buckets = new Map(RATE_NAMES.flatMap((name) => policy[name] ? [[name, new Bucket(policy[name])]] : []));
  }

  /** Takes so much, or answers why not. */
  take(name: RateName, amount: number): RateRefusal | null {
    const bucket = this.#buckets.get(name);
    const wait = bucket?.take(amount, this.#clock.elapsed()) ?? 0;
    if (bucket === undefined || wait === 0) return null;
    return { ...this.#state(name, bucket), retrySeconds: wait === Infinity ? null : seconds(wait) };
  }

  /** As `take`, but of an amount above the limit as much as there can ever be. */
  takeAtMost(name: RateName, amount: number): RateRefusal | null {
    return this.take(name, Math.min(amount, this.#buckets.get(name)?.rate.limit ?? amount));
  }

  /** Takes so much, or all that there is. */
  drain(name: RateName, amount: number): void {
    const left = this.#buckets.get(name)?.left(this.#clock.elapsed());
    if (left !== undefined) this.take(name, Math.min(amount, left));
  }

  /** Every rate that is bounded. */
  get states(): RateState[] {
    return [...this.#buckets].map(([name, bucket]) => this.#state(name, bucket));
  }

  #state(name: RateName, bucket: Bucket): RateState {
    const now = this.#clock.elapsed();
    return { name, ...bucket.rate, left: bucket.left(now), resetSeconds: seconds(bucket.nextMs(now)) };
  }
}

/** How often who comes. What is held is bounded, whatever comes. */
export class Rates {
  readonly #policy: RatePolicy;
  readonly #clock: Clock;
  // Apart, so that addresses, of which there are any number, push no key out.
  readonly #addresses = new LRUCache<string, Meter>({ max: MAX_METERS });
  readonly #keys = new LRUCache<string, Meter>({ max: MAX_METERS });
  readonly #known = new LRUCache<string, true>({ max: MAX_KNOWN });

  constructor(policy: RatePolicy, clock: Clock) {
    this.#policy = policy;
    this.#clock = clock;
  }

  /** Whether anything is bounded. */
  get bounded(): boolean {
    return Object.values(this.#policy).some((rate) => rate !== null);
  }

  ofAddress(address: string): Meter {
    return this.#of(this.#addresses, address);
  }

  ofKey(key: string): Meter {
    return this.#of(this.#keys, key);
  }

  /** Whether these credentials have let somebody in not long ago. */
  knows(credentials: string): boolean {
    return this.#known.get(hash(credentials)) ?? false;
  }

  /** Takes note of credentials that have let somebody in. */
  remember(credentials: string): void {
    this.#known.set(hash(credentials), true);
  }

  /** Takes note that they do so no more. */
  forget(credentials: string): void {
    this.#known.delete(hash(credentials));
  }

  #of(meters: LRUCache<string, Meter>, name: string): Meter {
    let meter = meters.get(name);
    if (meter === undefined) meters.set(name, meter = new Meter(this.#policy, this.#clock));
    return meter;
  }
}

/** One for each token: spelled in many ways it must not push those of others out. */
function hash(authorization: string): string {
  return createHash("sha256").update(bearerToken(authorization) ?? authorization).digest("base64");
}

function seconds(milliseconds: number): number {
  return Math.ceil(milliseconds / 1000);
}
