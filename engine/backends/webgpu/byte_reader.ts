import type { Device } from "./device.ts";
import { toBytes, wordsOf } from "./kernels/to_bytes.ts";
import { Plan } from "./plan.ts";
import { Program } from "./program.ts";

/** Buffers. */
const [FACTOR, VALUES, WORDS] = ["factor", "values", "words"] as const;

/** Brings pictures from a device as bytes: a quarter of what their values take. */
export class ByteReader {
  readonly #device: Device;
  readonly #program: Program;
  readonly #count: number;

  private constructor(device: Device, program: Program, count: number) {
    this.#device = device;
    this.#program = program;
    this.#count = count;
  }

  /** @param count Values of a picture. */
  static async create(device: Device, count: number): Promise<ByteReader> {
    const plan = new Plan();
    plan.add(
      toBytes(plan.buffer(FACTOR, 1), plan.buffer(VALUES, count), plan.buffer(WORDS, wordsOf(count)), count),
    );
    return new ByteReader(device, await Program.create(device, plan), count);
  }

  /** @param factor Which the values are multiplied with. */
  async read(values: GPUBuffer, factor: number): Promise<Uint8Array<ArrayBuffer>> {
    this.#program.write(FACTOR, Float32Array.of(factor));
    const encoder = this.#device.gpu.createCommandEncoder();
    encoder.copyBufferToBuffer(values, 0, this.#program.get(VALUES), 0, 4 * this.#count);
    const [words] = await this.#device.submit(
      [encoder.finish(), ...this.#program.commands()],
      [this.#program.reading(WORDS, wordsOf(this.#count))],
    );
    return new Uint8Array(words!.buffer as ArrayBuffer, words!.byteOffset, this.#count);
  }

  dispose(): void {
    this.#program.dispose();
  }
}
