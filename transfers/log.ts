/** Where the transfers layer says what happens to it: one line each, never a stack or a secret. */
export interface Log {
  info(message: string): void;
  warn(message: string): void;
}

/** A log that nobody reads. */
export const SILENT_LOG: Log = { info() {}, warn() {} };

/** An error's message on one line. */
export function oneLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replaceAll(/\s+/g, " ").trim();
}
