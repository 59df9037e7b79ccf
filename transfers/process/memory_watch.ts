/**
 * Says on standard error, from a thread of its own, what memory the process takes: a sign of life, too, while a step
 * holds the main thread.
 *
 * @module
 */
import { MEMORY_MARK, MEMORY_MILLISECONDS } from "./sign_of_life.ts";

const encoder = new TextEncoder();

setInterval(() => {
  Deno.stderr.writeSync(encoder.encode(`${MEMORY_MARK}${Deno.memoryUsage().rss}\n`));
}, MEMORY_MILLISECONDS);
