import { join } from "node:path";
import { type Log, oneLine } from "../log.ts";
import { writeDurably } from "../storage/durable_file.ts";

/** Its name in `DATA_DIR`. */
export const MEASUREMENTS = "gpu_measurements.json";

/** What engine processes have measured of the GPU: they may not write themselves. Whoever deletes it has it measured anew. */
export class MeasurementsFile {
  readonly #folder: string;
  readonly #log: Log;

  /** @param folder `DATA_DIR`, made where it is missing. */
  constructor(folder: string, log: Log) {
    this.#folder = folder;
    this.#log = log;
  }

  /** What was kept last; empty where nothing is. */
  async read(): Promise<string> {
    try {
      return await Deno.readTextFile(join(this.#folder, MEASUREMENTS));
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
