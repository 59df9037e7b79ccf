/** Writes lines of many lengths to standard error from two threads at once. */
import { writeLines } from "../line_writer.ts";

const name = import.meta.main ? "m" : "w";
if (name === "m") new Worker(import.meta.url, { type: "module" });
else postMessage(null);
// Both are there before one begins to write.
await new Promise((resolve) => setTimeout(resolve, 200));
for (let i = 0; i < 1000; i++) writeLines(name.repeat(1 + (i * 37) % 6000));
if (name === "m") await new Promise((resolve) => setTimeout(resolve, 500));
if (name === "m") Deno.exit(0);

declare function postMessage(message: unknown): void;
