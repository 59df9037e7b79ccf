/**
 * Memory that a burst of requests has left: V8 collects no garbage while nothing is allocated, and glibc keeps what was
 * freed in small pieces.
 *
 * @module
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Bytes by which the process has to have grown since the last time. */
const GROWTH_BYTES = 2 ** 25;
/** Milliseconds between looks. */
const LOOK_MS = 10_000;

/** How a process measures its memory, and gives back what it does not need. */
export interface Memory {
  resident(): number;
  collect(): Promise<void>;
}

/** Gives memory back when it has grown and grows no more: a collection holds the event loop for a moment. */
export class SpareMemory implements Disposable {
  readonly #memory: Memory;
  readonly #timer: ReturnType<typeof setInterval>;
  #settled: number;
  #last: number;

  constructor(memory: Memory, lookMs: number = LOOK_MS) {
    this.#memory = memory;
    this.#settled = this.#last = memory.resident();
    this.#timer = setInterval(() => void this.look(), lookMs);
  }

  async look(): Promise<void> {
    const resident = this.#memory.resident();
    const grows = resident > this.#last;
    this.#last = resident;
    if (grows || resident < this.#settled + GROWTH_BYTES) return;
    await this.#memory.collect();
    this.#settled = this.#last = this.#memory.resident();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

/** The memory of this process. */
export function processMemory(): Memory {
  returnPieces();
  setFlagsFromString("--expose-gc");
  const collect: (options: { type: "major"; execution: "async" }) => Promise<void> = runInNewContext("gc");
  return {
    resident: () => Deno.memoryUsage().rss,
    collect: () => collect({ type: "major", execution: "async" }),
  };
}

const M_MMAP_THRESHOLD = -3;
/** What the system reads of a connection comes in pieces of 64 KiB. */
const PIECE_BYTES = 2 ** 15;

/** Has glibc give back to the system, as soon as they are free, pieces as long as those that connections bring. */
function returnPieces(): void {
  if (Deno.build.os !== "linux") return;
  try {
    const libc = Deno.dlopen("libc.so.6", { mallopt: { parameters: ["i32", "i32"], result: "i32" } });
    libc.symbols.mallopt(M_MMAP_THRESHOLD, PIECE_BYTES);
    libc.close();
  } catch {
    // Another C library, which has its own ways.
  }
}
