/**
 * Guests who come at once, in a worker: its connections end with it, and the time that they take is not that of whoever
 * looks at the server meanwhile.
 *
 * @module
 */
/// <reference lib="deno.worker" />
import { setTimeout as sleep } from "node:timers/promises";
import { Random } from "../../engine/descent/random.ts";
import { allFixtures } from "../../images/testing/fixtures.ts";
import { inTime } from "../testing/in_time.ts";
import { type Guest, GUESTS, pick } from "./guests.ts";

export interface PartyPlan {
  readonly url: string;
  /** Keys that guests have, as `Authorization` has them; some have none. Null where nobody is asked for one. */
  readonly keys: readonly string[] | null;
  readonly seed: number;
  /** For how long they come; each comes once where it is 0. */
  readonly seconds: number;
  /** Guests at a time. */
  readonly guests: number;
}

export interface PartyReport {
  /** Visits by the names of the guests. */
  readonly visits: ReadonlyMap<string, number>;
  /** What they had to complain of: an INTERNAL answer, a stack or path told, a protocol broken, no end. */
  readonly complaints: readonly string[];
}

/** Share of guests without a key where one is asked for. */
const STRANGERS = 0.2;
/** Longest that a guest lingers. */
const LINGER_MS = 3000;

self.onmessage = async ({ data }: MessageEvent<PartyPlan>) => self.postMessage(await party(data));
// What comes before a worker listens is lost.
self.postMessage("ready");

async function party({ url, keys, seed, seconds, guests }: PartyPlan): Promise<PartyReport> {
  const pictures = await allFixtures();
  const visits = new Map<string, number>();
  const complaints: string[] = [];
  const end = performance.now() + seconds * 1000;
  const visit = async (name: string, guest: Guest, random: Random) => {
    const linger = () => sleep(Math.max(0, Math.min(random.uniform() * LINGER_MS, end - performance.now())));
    try {
      const authorization = keys === null || random.uniform() < STRANGERS ? null : pick(random, keys);
      await inTime(guest({ url, authorization, random, pictures, linger }));
    } catch (error) {
      complaints.push(`${name}: ${error instanceof Error ? error.message.slice(0, 1000) : error}`);
    }
    visits.set(name, (visits.get(name) ?? 0) + 1);
  };
  const random = new Random(seed);
  for (const [name, guest] of Object.entries(GUESTS)) if (seconds === 0) await visit(name, guest, random);
  const comeAndGo = async (random: Random) => {
    while (performance.now() < end) await visit(...pick(random, Object.entries(GUESTS)), random);
  };
  await Promise.all(Array.from({ length: guests }, () => comeAndGo(new Random(random.bits()))));
  return { visits, complaints };
}
