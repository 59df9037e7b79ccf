import type { Dispatch, PlannedBuffer } from "../plan.ts";
import accumulate from "./accumulate.wgsl" with { type: "text" };
import source from "./nearest.wgsl" with { type: "text" };

/** Queries of a workgroup, and candidates that it takes at a time. */
const ROWS = 64;
/** Candidates that a workgroup goes through: few enough that a GPU has work for all of it. */
const SPAN = 8 * ROWS;

/** What is searched, and in what. */
export interface Search {
  readonly queries: number;
  readonly candidates: number;
  /** Values of a row: a multiple of 4. */
  readonly length: number;
}

/**
 * The largest product of each query's row with those of candidates, in every span of them.
 *
 * @param found By span and query: the product, and which candidate, the first of equals. Candidates are fewer than float32
 *   has whole numbers.
 */
export function nearest(
  queries: PlannedBuffer,
  candidates: PlannedBuffer,
  found: PlannedBuffer,
  search: Search,
): Dispatch {
  const spans = nearestSpans(search.candidates);
  return {
    kernel: "nearest",
    source: accumulate + source,
    variant: { constants: { ROWS }, flags: [] },
    numbers: [search.queries, search.candidates, search.length / 4, SPAN],
    buffers: { queries, candidates, found },
    workgroups: [Math.ceil(search.queries / ROWS), spans, 1],
    work: {
      flops: searchFlops(search),
      bytes: 4 * search.length * (search.queries + search.candidates) + 8 * spans * search.queries,
    },
  };
}

/** Spans of so many candidates. */
export function nearestSpans(candidates: number): number {
  return Math.ceil(candidates / SPAN);
}

/** Multiplications and additions of a search. */
export function searchFlops({ queries, candidates, length }: Search): number {
  return 2 * queries * candidates * length;
}
