import { LIMITS } from "../../limits.ts";
import { checkNumber, checkText, invalid } from "../../values.ts";
import type { Page, PageRequest } from "../api.ts";

/** Entries of a page when nothing is said. */
export const DEFAULT_PAGE = 20;

/** A page request, checked: how many, from which end, and between which places. */
interface PageRange {
  readonly limit: number;
  readonly from: "start" | "end";
  /** Places as their cursors tell them; null for none. */
  readonly after: number | null;
  readonly before: number | null;
}

/** @throws {GramcastError} BAD_USER_INPUT for a number out of range or a cursor that no page gave. */
export function pageRange(request: PageRequest): PageRange {
  const first = request.first ?? null;
  const last = request.last ?? null;
  if (first !== null && last !== null) {
    throw invalid("last", "Cannot use first beside last: wanted one of them");
  }
  return {
    limit: checkNumber(last === null ? "first" : "last", LIMITS.page, last ?? first ?? DEFAULT_PAGE),
    from: last === null ? "start" : "end",
    after: readCursor("after", request.after),
    before: readCursor("before", request.before),
  };
}

/** The opaque cursor of a place in a list. */
export function cursorOf(place: number): string {
  return btoa(`at:${place}`);
}

function readCursor(field: string, cursor: string | null | undefined): number | null {
  if (cursor === null || cursor === undefined) return null;
  checkText(field, LIMITS.cursor, cursor);
  try {
    const place = /^at:(\d{1,15})$/.exec(atob(cursor))?.[1];
    if (place !== undefined) return Number(place);
  } catch {
    // Not base64: no cursor of ours either.
  }
  throw invalid(field, `Cannot use ${field}: found no cursor, wanted one that a page gave`);
}

/** A page of a list that is at hand, by ascending places. */
export function pageOf<T>(items: readonly T[], placeOf: (item: T) => number, request: PageRequest): Page<T> {
  const { limit, from, after, before } = pageRange(request);
  const inRange = items.filter((item) =>
    (after === null || placeOf(item) > after) && (before === null || placeOf(item) < before)
  );
  const shown = from === "start" ? inRange.slice(0, limit) : inRange.slice(Math.max(0, inRange.length - limit));
  const [head, tail] = [shown[0], shown.at(-1)];
  return {
    edges: shown.map((node) => ({ cursor: cursorOf(placeOf(node)), node })),
    hasNextPage: tail !== undefined && tail !== items.at(-1),
    hasPreviousPage: head !== undefined && head !== items[0],
    totalCount: items.length,
  };
}
