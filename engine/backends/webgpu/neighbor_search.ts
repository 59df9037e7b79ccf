/**
 * The search for nearest neighbours on a device, a part of the queries at a time.
 *
 * @module
 */
import type { Device } from "./device.ts";
import { quadsOf } from "./feature_map.ts";
import { nearest, nearestSpans, type Search, searchFlops } from "./kernels/nearest.ts";
import { FLOPS_OF_SUBMISSION, Plan } from "./plan.ts";
import { Program } from "./program.ts";

/** Bytes of the queries that are on the device at a time, at most. */
const MOST_BYTES = 2 ** 25;

const [QUERIES, CANDIDATES, FOUND] = ["queries", "candidates", "found"] as const;

/**
 * See `Backend.nearest()`.
 *
 * @param atOnce How many queries are on the device at a time.
 */
export async function searchNearest(
  device: Device,
  queries: Float32Array,
  candidates: Float32Array,
  length: number,
  atOnce: typeof queriesAtOnce = queriesAtOnce,
): Promise<Int32Array> {
  if (length % 4 !== 0) {
    const [given, among] = [queries, candidates].map((rows) => inQuads(rows, length));
    return searchNearest(device, given!, among!, 4 * quadsOf(length), atOnce);
  }
  const [count, choices] = [queries.length / length, candidates.length / length];
  const rows = Math.min(count, atOnce(choices, length));
  const spans = nearestSpans(choices);
  const plan = planNearest({ queries: rows, candidates: choices, length });
  const program = await Program.create(device, plan);
  const taken = new Int32Array(count);
  try {
    program.write(CANDIDATES, candidates);
    for (let from = 0; from < count; from += rows) {
      // The last part is as long as the others, and begins so much earlier.
      const start = Math.min(from, count - rows);
      program.write(QUERIES, queries.subarray(start * length, (start + rows) * length));
      const [found] = await program.run([program.reading(FOUND, 2 * spans * rows)]);
      taken.set(firstOfLargest(found!, rows), start);
    }
    return taken;
  } finally {
    program.dispose();
  }
}

/** As many as a submission may take operations for, and as few as there is room for. */
export function queriesAtOnce(candidates: number, length: number): number {
  const flops = searchFlops({ queries: 1, candidates, length });
  return Math.max(1, Math.floor(Math.min(FLOPS_OF_SUBMISSION / flops, MOST_BYTES / (4 * length))));
}

function planNearest(search: Search): Plan {
  const plan = new Plan();
  const { queries, candidates, length } = search;
  plan.add(nearest(
    plan.buffer(QUERIES, queries * length),
    plan.buffer(CANDIDATES, candidates * length),
    plan.buffer(FOUND, 2 * nearestSpans(candidates) * queries),
    search,
  ));
  return plan;
}

/** Rows with zeros up to whole quads, which change no product. */
function inQuads(rows: Float32Array, length: number): Float32Array {
  const [count, padded] = [rows.length / length, 4 * quadsOf(length)];
  const quads = new Float32Array(count * padded);
  for (let i = 0; i < count; i++) quads.set(rows.subarray(i * length, (i + 1) * length), i * padded);
  return quads;
}

/** Of all spans; the first of equals is in the first of them. */
function firstOfLargest(found: Float32Array, queries: number): Int32Array {
  return Int32Array.from({ length: queries }, (_, query) => {
    let best = query;
    for (let at = query; at < found.length / 2; at += queries) if (found[2 * at]! > found[2 * best]!) best = at;
    return found[2 * best + 1]!;
  });
}
