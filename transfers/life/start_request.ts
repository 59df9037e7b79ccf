import { within } from "../../engine/options/resolve.ts";
import { GramcastError } from "../../errors.ts";
import type { StartRequest } from "../api.ts";
import { sha256Hex } from "./image_keeper.ts";

/** Most style pictures of one transfer. */
const MAX_STYLES = 16;
const MAX_PRIORITY = 100;
const MAX_KEY_LENGTH = 200;

/** Checks what of a request is not an option of the engine. @throws {GramcastError} BAD_USER_INPUT with the field. */
export function checkStartRequest(request: StartRequest): void {
  if (request.styles.length < 1 || request.styles.length > MAX_STYLES) {
    throw invalid("styles", `${request.styles.length} styles`, `1 to ${MAX_STYLES}`);
  }
  request.styles.forEach(({ weight }, i) => within(`styles.${i}.weight`, weight, 0, 1e12));
  if (!Number.isInteger(request.priority) || Math.abs(request.priority) > MAX_PRIORITY) {
    throw invalid("priority", String(request.priority), `a whole number from -${MAX_PRIORITY} to ${MAX_PRIORITY}`);
  }
  const key = request.idempotencyKey;
  if (key !== null && (key.length < 1 || key.length > MAX_KEY_LENGTH)) {
    throw invalid("idempotencyKey", `of ${key.length} characters`, `1 to ${MAX_KEY_LENGTH} characters`);
  }
  if (request.init?.kind === "IMAGE" && request.initImageId === null) {
    throw invalid("init", "IMAGE without an image", "init.image with it");
  }
}

/** Hash of all that was asked for but the key itself: equal requests have equal ones, whatever the order of their fields. */
export function fingerprintOf(request: StartRequest): Promise<string> {
  const { idempotencyKey: _, ...asked } = request;
  return sha256Hex(new TextEncoder().encode(canonicalJson(asked)));
}

/** JSON with sorted keys; null and left out are the same. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(
    value,
    (_, inner) =>
      inner !== null && typeof inner === "object" && !Array.isArray(inner)
        ? Object.fromEntries(
          Object.entries(inner).filter((entry) => entry[1] !== null).sort(([a], [b]) => a < b ? -1 : 1),
        )
        : inner,
  );
}

function invalid(field: string, given: string, wanted: string): GramcastError {
  return new GramcastError("BAD_USER_INPUT", `Cannot use ${field} ${given}: wanted ${wanted}`, { field });
}
