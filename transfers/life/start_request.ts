import type { TransferRequest } from "../../engine/options/options.ts";
import { checkPictures, checkRequest } from "../../engine/options/resolve.ts";
import type { ScaledStyle } from "../../engine/options/style_side.ts";
import { LIMITS } from "../../limits.ts";
import { checkNumber, checkText, optional } from "../../values.ts";
import { GramcastError } from "../../errors.ts";
import type { BatchRequest, EnlargeRequest, StartRequest } from "../api.ts";
import { sha256Hex } from "../sha256.ts";
import type { TransferRecord } from "../types.ts";

/**
 * Checks all of a request that can be checked without its pictures, so that it can be refused before one is fetched.
 *
 * @param styles The style pictures' shares and scales.
 * @param hasInitImage Whether there is a picture to start from.
 * @throws {GramcastError} BAD_USER_INPUT with the field.
 */
export function checkStartRequest(
  request: TransferRequest & Pick<StartRequest, "priority" | "idempotencyKey">,
  styles: readonly (ScaledStyle & { readonly weight: number })[],
  hasInitImage: boolean,
): void {
  checkPictures(request, styles, hasInitImage);
  checkNumber("priority", LIMITS.priority, request.priority);
  optional(request.idempotencyKey, (key) => checkText("idempotencyKey", LIMITS.idempotencyKey, key));
  checkRequest(request);
}

/**
 * Holds what is asked for with a key against what the key was used for before.
 *
 * @param what As in "Cannot start the transfer".
 * @param fingerprint Of what is asked for.
 * @throws {GramcastError} CONFLICT
 */
export function checkSameRequest(
  what: string,
  existing: Pick<TransferRecord, "fingerprint" | "idempotencyKey">,
  fingerprint: string,
): void {
  if (existing.fingerprint === fingerprint) return;
  throw new GramcastError(
    "CONFLICT",
    `Cannot ${what}: idempotencyKey "${existing.idempotencyKey}" was used with other input, wanted a new key`,
    { field: "idempotencyKey" },
  );
}

/** Hash of all that was asked for but the key itself: equal requests have equal ones, whatever the order of their fields. */
export function fingerprintOf(
  request: StartRequest | BatchRequest | (EnlargeRequest & { readonly enlarge: string }),
): Promise<string> {
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
