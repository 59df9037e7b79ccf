/**
 * Says on standard error, from a thread of its own, what memory the process takes: a sign of life, too, while a step
 * holds the main thread.
 *
 * @module
 */
import { writeLines } from "./line_writer.ts";
import { MEMORY_MARK, MEMORY_MILLISECONDS } from "./sign_of_life.ts";

setInterval(() => writeLines(`${MEMORY_MARK}${Deno.memoryUsage().rss}`), MEMORY_MILLISECONDS);
