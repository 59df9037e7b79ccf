/** Bytes that a pipe takes whole or not at all, whoever else writes to it: POSIX's PIPE_BUF on Linux. */
const MOST_BYTES = 4096;

/**
 * The one way to write to standard error in the engine process, from any of its threads: whole lines that no other breaks
 * into. A longer line is cut.
 */
export function writeLines(text: string): void {
  for (const line of text.split("\n")) {
    const bytes = new Uint8Array(MOST_BYTES);
    const { written } = new TextEncoder().encodeInto(line, bytes.subarray(0, MOST_BYTES - 1));
    bytes[written] = "\n".charCodeAt(0);
    Deno.stderr.writeSync(bytes.subarray(0, written + 1));
  }
}
