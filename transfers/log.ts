/** Where the transfers layer says what happens to it: one line each, never a stack or a secret. */
export interface Log {
  info(message: string): void;
  warn(message: string): void;
}

/** A log that nobody reads. */
export const SILENT_LOG: Log = { info() {}, warn() {} };

/** Everything that a terminal would act on instead of showing it, or that ends or turns a line. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** A log whose every message is one line of printable characters, whatever a stranger has put into it. */
export function lineLog(info: (line: string) => void, warn: (line: string) => void): Log {
  return { info: (message) => info(printable(message)), warn: (message) => warn(printable(message)) };
}

function printable(text: string): string {
  return text.replaceAll(UNPRINTABLE, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
}

/** An error's message on one line. */
export function oneLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replaceAll(/\s+/g, " ").trim();
}
