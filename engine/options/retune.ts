import { checkNumber, invalid, type NumberShape } from "../../values.ts";
import { type Retuning, SETTING_NAMES, type TransferOptions, type Tunables } from "./options.ts";
import type { Described } from "./describe.ts";
import { entryOf } from "./table.ts";

type TunableName = keyof Tunables;

/** Where an option that may change while a transfer runs stands in the options, and its entry in the table. */
interface Tunable {
  readonly name: TunableName;
  /** The option, and the member of its group. */
  readonly path: readonly [string] | readonly [string, string];
  readonly value: NumberShape;
  readonly entry: Described;
}

/** The options, and members of groups, that may change while a transfer runs. */
export const TUNABLES: readonly Tunable[] = SETTING_NAMES.flatMap((name) => {
  const entry = entryOf(name);
  const { value } = entry;
  if (entry.retunable) return [{ name, path: [name], value, entry } as Tunable];
  if (value.shape !== "group") return [];
  return Object.entries(value.parts).filter(([, part]) => part.retunable).map(([part, entry]) =>
    ({ name: part, path: [name, part], value: entry.value, entry }) as Tunable
  );
});

/** The values that options give to what may be retuned. */
export function tunablesOf(options: TransferOptions): Tunables {
  return Object.fromEntries(TUNABLES.map(({ name, path }) => [name, valueAt(options, path)])) as Tunables;
}

/** Options with other values of what may be retuned. */
export function withTunables(options: TransferOptions, tunables: Tunables): TransferOptions {
  const changed: Record<string, unknown> = {};
  for (const { name, path: [option, part] } of TUNABLES) {
    if (part === undefined) changed[option] = tunables[name];
    else changed[option] = { ...options[option as "optimizer"], [part]: tunables[name] };
  }
  return { ...options, ...changed };
}

/**
 * Checks a retuning by itself.
 *
 * @throws {GramcastError} BAD_USER_INPUT with the field: a value out of its range, or no value at all.
 */
export function checkRetuning(retuning: Retuning): void {
  const given = TUNABLES.filter(({ name }) => (retuning[name] ?? null) !== null);
  if (given.length === 0) {
    const names = TUNABLES.map(({ name }) => name).join(", ");
    throw invalid("input", `Cannot retune without a value: wanted at least one of ${names}`);
  }
  for (const { name, value } of given) checkNumber(name, value, retuning[name]);
}

/** The values in force once a retuning, checked, has been applied to options. */
export function retuned(options: TransferOptions, retuning: Retuning): Tunables {
  const present = tunablesOf(options);
  return Object.fromEntries(TUNABLES.map(({ name }) => [name, retuning[name] ?? present[name]])) as Tunables;
}

function valueAt(options: TransferOptions, [option, part]: Tunable["path"]): unknown {
  const value = options[option as keyof TransferOptions];
  return part === undefined ? value : (value as Readonly<Record<string, unknown>>)[part];
}
