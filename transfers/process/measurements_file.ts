import { join } from "node:path";
import { type Log, oneLine } from "../log.ts";
import { writeDurably } from "../storage/durable_file.ts";

/** Its name in `DATA_DIR`. */
export const MEASUREMENTS = "gpu_measurements.json";
/** Bytes of it: a process is told it as an argument, of which Linux takes 128 KiB, and some kilobytes are written. */
const MOST_BYTES = 2 ** 16;

/** What engine processes have measured of the GPU: they may not write themselves. Whoever deletes it has it measured anew. */
export class MeasurementsFile {
  readonly #folder: string;
  readonly #log: Log;

  /** @param folder `DATA_DIR`, made where it is missing. */
  constructor(folder: string, log: Log) {
    this.#folder = folder;
    this.#log = log;
  }

  /** What was kept last; empty where nothing is, or what no process could be told. */
  async read(): Promise<string> {
    const path = join(this.#folder, MEASUREMENTS);
    try {
      if ((await Deno.stat(path)).size > MOST_BYTES) return "";
      const text = await Deno.readTextFile(path);
      return text.includes("\0") ? "" : text;
    } catch {
      return "";
    }
  }

  /** Keeps it; where that fails, the next process measures again. */
  async keep(text: string): Promise<void> {
    try {
      await Deno.mkdir(this.#folder, { recursive: true });
      await writeDurably(this.#folder, MEASUREMENTS, [new TextEncoder().encode(text)]);
    } catch (error) {
      this.#log.warn(`Cannot keep what was measured of the GPU: ${oneLine(error)}`);
    }
  }
}
