/**
 * Guests of every kind for as long as one likes, and a table of what is left of them:
 *
 *     deno task soak --minutes N [--seed N] [--auth]
 */
import { parseArgs } from "node:util";
import { type Holdings, soak } from "./soak.ts";

const GUESTS = 24;

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "5" },
    seed: { type: "string", default: String(Date.now() | 0) },
    auth: { type: "boolean", default: false },
  },
});
const [minutes, seed] = [Number(values.minutes), Number(values.seed)];
const { visits, healthTimes, start, end, peakMemory, crashes, complaints } = await soak({
  seconds: 60 * minutes,
  seed,
  guests: GUESTS,
  auth: values.auth,
});

const times = healthTimes.toSorted((a, b) => a - b);
const quantile = (q: number) => times[Math.min(times.length - 1, Math.floor(q * times.length))]!.toFixed(1);
const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`;
const change = (key: keyof Holdings) => `${start[key]} at the start, ${end[key]} at the end`;
const rows: [string, string][] = [
  [
    "guests",
    `${[...visits.values()].reduce((a, b) => a + b, 0)}, ${GUESTS} at a time, for ${minutes} min, seed ${seed}${
      values.auth ? ", most with keys" : ""
    }`,
  ],
  [
    "/health",
    `p50 ${quantile(0.5)} ms, p99 ${quantile(0.99)} ms, longest ${quantile(1)} ms of ${times.length}`,
  ],
  [
    "memory",
    `${megabytes(start.memory)} at the start, at most ${megabytes(peakMemory)}, ${megabytes(end.memory)} at the end`,
  ],
  ["connections", change("connections")],
  ["subscriptions", change("watchers")],
  ["bytes held for connections", change("heldBytes")],
  ["file descriptors", change("descriptors")],
  ["files in DATA_DIR", change("files")],
  ["crashes", String(crashes.length)],
  ["INTERNAL answers, stacks and paths told, broken protocols", String(complaints.length)],
];
console.log(rows.map(([what, outcome]) => `| ${what} | ${outcome} |`).join("\n"));
for (const [name, count] of visits) console.log(`  ${name}: ${count}`);
for (const fault of [...crashes, ...complaints]) console.log(fault);
if (crashes.length + complaints.length > 0) Deno.exit(1);
