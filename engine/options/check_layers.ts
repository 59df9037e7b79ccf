import { GramcastError } from "../../errors.ts";
import type { TransferOptions } from "./options.ts";
import { CONV_NAMES, convIndex } from "../vgg16.ts";

/**
 * Checks that the parameters include every layer that is needed.
 *
 * @param available Names of the layers that there are parameters for.
 * @throws {GramcastError} WEIGHTS_INCOMPLETE naming the first layer that cannot be reached.
 */
export function checkLayers(options: TransferOptions, available: ReadonlySet<string>): void {
  const missing = CONV_NAMES.find((name) => !available.has(name));
  if (missing === undefined) return;
  for (const field of ["contentLayers", "styleLayers"] as const) {
    const index = options[field].findIndex(({ layer }) => convIndex(layer) >= convIndex(missing));
    if (index < 0) continue;
    const reachable = CONV_NAMES.slice(0, convIndex(missing)).join(", ") || "none";
    throw new GramcastError(
      "WEIGHTS_INCOMPLETE",
      `Cannot use ${field} "${
        options[field][index]!.layer
      }": the weights have no ${missing}, wanted one of ${reachable}`,
      { field: `${field}.${index}.layer` },
    );
  }
}
