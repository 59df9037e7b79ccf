import { AsyncLocalStorage } from "node:async_hooks";
import type { LogFields } from "./log.ts";

const scopes = new AsyncLocalStorage<LogFields>();

/** The fields of whatever is being done. */
export function logScope(): LogFields {
  return scopes.getStore() ?? {};
}

/** Does something whose lines in the log all have these fields, and those of the scope around it. */
export function inLogScope<T>(fields: LogFields, act: () => T): T {
  return scopes.run({ ...logScope(), ...fields }, act);
}

/**
 * Begins what outlives whoever happens to have it begun, as a process that serves everybody: neither the fields of their
 * lines nor their trace go with it.
 */
export const outOfScope: <T>(begin: () => T) => T = AsyncLocalStorage.snapshot();
