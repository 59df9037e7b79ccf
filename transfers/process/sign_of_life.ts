/** Begins a line on standard error that tells the bytes of memory that the engine process takes. */
export const MEMORY_MARK = "\u0001memory ";
/** Between two such lines. */
export const MEMORY_MILLISECONDS = 250;

/** Bytes that a line of standard error tells of; null for a line that is to be logged. */
export function memoryOf(line: string): number | null {
  return line.startsWith(MEMORY_MARK) ? Number(line.slice(MEMORY_MARK.length)) : null;
}
