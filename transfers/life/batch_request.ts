import type { TransferRequest } from "../../engine/options/options.ts";
import type { ScaledStyle } from "../../engine/options/style_side.ts";
import { GramcastError } from "../../errors.ts";
import { LIMITS } from "../../limits.ts";
import { checkCount, checkText, invalid, optional } from "../../values.ts";
import type { BatchRequest, StartRequest } from "../api.ts";
import type { BatchPlace } from "../types.ts";
import { checkStartRequest } from "./start_request.ts";

/** Where in a batch a transfer stands, whichever that is. */
export type Place = Omit<BatchPlace, "id">;

/** A batch before its pictures have been taken in. */
export interface BatchOutline extends Pick<BatchRequest, "priority" | "idempotencyKey"> {
  readonly contents: readonly unknown[];
  readonly styles: readonly (readonly (ScaledStyle & { readonly weight: number })[])[];
  readonly variations: readonly (TransferRequest & { readonly name: string | null; readonly hasInitImage: boolean })[];
}

/**
 * Checks all of a batch that can be checked without its pictures.
 *
 * @throws {GramcastError} BAD_USER_INPUT with the field, as `variations.2.steps`.
 */
export function checkBatch({ contents, styles, variations, priority, idempotencyKey }: BatchOutline): void {
  for (const [name, axis] of Object.entries({ contents, styles, variations })) checkCount(name, LIMITS.batch, axis);
  const count = contents.length * styles.length * variations.length;
  if (count > LIMITS.batch.maximum) {
    throw invalid(
      "contents",
      `Cannot start ${contents.length} contents × ${styles.length} groups of styles × ${variations.length} variations: ` +
        `found ${count} transfers, wanted at most ${LIMITS.batch.maximum}`,
    );
  }
  for (const [variation, { name, hasInitImage, ...request }] of variations.entries()) {
    optional(name, (name) => checkText(`variations.${variation}.name`, LIMITS.variationName, name));
    for (const [style, group] of styles.entries()) {
      namedIn(
        { content: 0, style, variation },
        () => checkStartRequest({ ...request, priority, idempotencyKey }, group, hasInitImage),
      );
    }
  }
}

/** Has an error of what is done for one transfer of a batch name the field of the batch. */
function namedIn<T>(place: Place, call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw errorIn(place, error);
  }
}

/** An error of one transfer of a batch, naming the field of the batch. */
export function errorIn(place: Place, error: unknown): unknown {
  if (!(error instanceof GramcastError) || error.field === undefined) return error;
  const { code, message, details, field } = error;
  return new GramcastError(code, message, { field: fieldIn(place, field), cause: error, details });
}

function fieldIn({ content, style, variation }: Place, field: string): string {
  const [name, ...rest] = field.split(".");
  switch (name) {
    case "priority":
    case "idempotencyKey":
      return field;
    case "content":
      return ["contents", content, ...rest].join(".");
    case "styles":
      return ["styles", style, ...rest].join(".");
    default:
      return `variations.${variation}.${field}`;
  }
}

/** What each transfer of a batch is asked, by content, then by styles, then by variation. */
export function cellsOfRequest(
  { contents, styles, variations, priority }: BatchRequest,
): { readonly place: Place; readonly request: StartRequest }[] {
  return contents.flatMap((contentId, content) =>
    styles.flatMap((group, style) =>
      variations.map(({ name: _, ...options }, variation) => ({
        place: { content, style, variation },
        request: { ...options, contentId, styles: group, priority, idempotencyKey: null },
      }))
    )
  );
}
