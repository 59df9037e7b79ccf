import { loggable } from "./log_text.ts";
import { logScope } from "./log_scope.ts";

/**
 * What a line tells machines beside its message, as `transferId`, under names that stay. Neither bytes nor objects: a
 * picture cannot get in.
 */
export interface LogFields {
  readonly [name: string]: string | number | boolean | null;
}

/** Names that every line has, or that count and find lines. */
type Reserved = { readonly time?: never; readonly level?: never; readonly message?: never };

/**
 * Where the program says what happens to it: one line each, never a stack or a secret.
 *
 * @param fields With `event`, a name such as `transfer.ended`, a line that is counted or looked for.
 */
export interface Log {
  info(message: string, fields?: LogFields & Reserved): void;
  warn(message: string, fields?: LogFields & Reserved): void;
}

/** A log that nobody reads. */
export const SILENT_LOG: Log = { info() {}, warn() {} };

/** A log for people: the messages, one printable line each, without secrets, whatever a stranger has put into them. */
export function lineLog(info: (line: string) => void, warn: (line: string) => void): Log {
  return { info: (message) => info(loggable(message)), warn: (message) => warn(loggable(message)) };
}

/**
 * A log for machines: an object of JSON a line, with the fields of the line, those of the scope that it is written in,
 * and its time.
 */
export function jsonLog(write: (line: string) => void, now: () => Date = () => new Date()): Log {
  const line = (level: "info" | "warn", message: string, fields: LogFields = {}) => {
    const said = Object.entries({ ...logScope(), ...fields }).map(([name, value]) =>
      [name, typeof value === "string" ? loggable(value) : value] as const
    );
    write(
      JSON.stringify({ time: now().toISOString(), level, message: loggable(message), ...Object.fromEntries(said) }),
    );
  };
  return {
    info: (message, fields) => line("info", message, fields),
    warn: (message, fields) => line("warn", message, fields),
  };
}

/** An error's message on one line. */
export function oneLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replaceAll(/\s+/g, " ").trim();
}
