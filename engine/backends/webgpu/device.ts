/**
 * A GPU: buffers, pipelines, and what goes wrong with them.
 *
 * @module
 */
import { setImmediate } from "node:timers/promises";
import { GramcastError } from "../../../errors.ts";
import { findAdapter } from "../webgpu_adapter.ts";
import { halveVariables, widen } from "./half.ts";
import type { TileCosts } from "./kernels/conv_tile.ts";
import { type Dispatch, wordsOf } from "./plan.ts";
import { Readback } from "./readback.ts";
import { bindingNumbers, composeWgsl } from "./wgsl.ts";

/** A kernel's variant, ready to run. */
export interface Pipeline {
  readonly pipeline: GPUComputePipeline;
  /** Of its bindings, by the names of its variables. */
  readonly bindings: ReadonlyMap<string, number>;
}

/** A part of a buffer that is read: its length in values, whether of 32 bits or, as features may be, of 16. */
export interface Reading {
  readonly buffer: GPUBuffer;
  readonly length: number;
  readonly half?: boolean;
}

const USAGE = { QUERY_RESOLVE: 0x200, STORAGE: 0x80, UNIFORM: 0x40, COPY_DST: 0x8, COPY_SRC: 0x4 };
const TIMESTAMPS = "timestamp-query";

/** Deno's WebGPU device. Pipelines are kept, by what they are made of. */
export class Device {
  readonly gpu: GPUDevice;
  /** Its name, as the driver gives it. */
  readonly name: string;
  /** All that its driver says of it. */
  readonly identity: string;
  /** What was measured of it; nothing until that is done. */
  tileCosts: TileCosts = new Map();
  readonly #pipelines = new Map<string, Promise<Pipeline>>();
  readonly #readback: Readback;
  #lost: string | null = null;

  private constructor(gpu: GPUDevice, { vendor, architecture, device, description }: GPUAdapterInfo) {
    this.gpu = gpu;
    this.#readback = new Readback(gpu);
    this.name = description || vendor || "GPU without a name";
    this.identity = [vendor, architecture, device, description].join(" ");
    gpu.lost.then(({ message }) => this.#lost = message || "no reason given");
  }

  /** @throws {Error} where there is no GPU. */
  static async open(): Promise<Device> {
    const adapter = await findAdapter();
    if (adapter === null) throw new Error("no GPU found");
    const { maxStorageBufferBindingSize, maxBufferSize } = adapter.limits;
    // All other limits are those that every device keeps, and kernels are refused that go beyond them.
    const requiredLimits = { maxStorageBufferBindingSize, maxBufferSize };
    const requiredFeatures = [TIMESTAMPS].filter((feature) => adapter.features.has(feature)) as GPUFeatureName[];
    const gpu = await adapter.requestDevice({ requiredLimits, requiredFeatures });
    return new Device(gpu, adapter.info);
  }

  /** Whether it tells how long a call takes. */
  get hasTimestamps(): boolean {
    return this.gpu.features.has(TIMESTAMPS);
  }

  /** Bytes of the largest buffer that a kernel can be given. */
  get largestBuffer(): number {
    const { maxStorageBufferBindingSize, maxBufferSize } = this.gpu.limits;
    return Math.min(maxStorageBufferBindingSize, maxBufferSize);
  }

  /**
   * A buffer of zeros.
   *
   * @param length In values of 32 bits.
   * @throws {GramcastError} TOO_LARGE for the device.
   */
  buffer(length: number): GPUBuffer {
    const bytes = 4 * length;
    if (bytes > this.largestBuffer) {
      throw new GramcastError(
        "TOO_LARGE",
        `Cannot compute on this GPU: a layer takes ${mebibytes(bytes)} MiB, wanted at most ${
          mebibytes(this.largestBuffer)
        } MiB: choose a smaller size`,
        { field: "size" },
      );
    }
    return this.gpu.createBuffer({ size: bytes, usage: USAGE.STORAGE | USAGE.COPY_DST | USAGE.COPY_SRC });
  }

  /** A buffer of what kernels take as `Numbers`. */
  uniforms(data: ArrayBuffer): GPUBuffer {
    const buffer = this.gpu.createBuffer({ size: data.byteLength, usage: USAGE.UNIFORM | USAGE.COPY_DST });
    this.gpu.queue.writeBuffer(buffer, 0, data);
    return buffer;
  }

  /** Places for so many timestamps, and a buffer for their values of 64 bits. */
  timestamps(count: number): { readonly places: GPUQuerySet; readonly values: GPUBuffer } {
    return {
      places: this.gpu.createQuerySet({ type: "timestamp", count }),
      values: this.gpu.createBuffer({ size: 8 * count, usage: USAGE.QUERY_RESOLVE | USAGE.COPY_SRC }),
    };
  }

  write(buffer: GPUBuffer, values: Float32Array): void {
    this.gpu.queue.writeBuffer(buffer, 0, values as Float32Array<ArrayBuffer>);
  }

  /** The pipeline of a dispatch's kernel, compiled when it is first asked for. */
  pipeline({ kernel, source, variant, buffers }: Dispatch): Promise<Pipeline> {
    const halves = Object.keys(buffers).filter((name) => buffers[name]!.half);
    const key = JSON.stringify([kernel, variant, halves]);
    let pipeline = this.#pipelines.get(key);
    if (!pipeline) {
      pipeline = this.#compile(kernel, halveVariables(composeWgsl(source, variant), halves));
      this.#pipelines.set(key, pipeline);
    }
    return pipeline;
  }

  /**
   * Makes what takes memory there.
   *
   * @throws {Error} where the device has not enough of it.
   */
  async allocate<T>(make: () => T): Promise<T> {
    this.gpu.pushErrorScope("out-of-memory");
    // The scope is closed before anything else can be made in it.
    const [made, error] = await Promise.all([Promise.try(make), this.gpu.popErrorScope()]);
    if (error) throw new Error("the GPU is out of memory", { cause: error });
    return made;
  }

  /** Runs commands, each a submission of its own, and reads parts of buffers after them. */
  async submit(commands: readonly GPUCommandBuffer[], readings: readonly Reading[] = []): Promise<Float32Array[]> {
    this.throwIfLost();
    for (const each of commands) this.gpu.queue.submit([each]);
    const size = readings.reduce((sum, reading) => sum + 4 * wordsOf(reading), 0);
    if (size === 0) return [];
    try {
      const bytes = await this.#readback.read(size, (encoder, to) => {
        let offset = 0;
        for (const reading of readings) {
          const taken = 4 * wordsOf(reading);
          encoder.copyBufferToBuffer(reading.buffer, 0, to, offset, taken);
          offset += taken;
        }
      });
      let start = 0;
      return readings.map((reading) => {
        const words = new Float32Array(bytes.slice(start, start += 4 * wordsOf(reading)));
        return reading.half ? widen(words) : words;
      });
    } catch (error) {
      // That a device was lost is told in a turn of its own.
      await setImmediate();
      this.throwIfLost();
      throw error;
    }
  }

  /** @throws {Error} when the device is gone: its driver was reset, or it was unplugged. */
  throwIfLost(): void {
    if (this.#lost !== null) throw new Error(`Cannot compute: the GPU was lost (${this.#lost})`);
  }

  async close(): Promise<void> {
    await this.#readback.close();
    this.gpu.destroy();
  }

  async #compile(label: string, code: string): Promise<Pipeline> {
    const module = this.gpu.createShaderModule({ label, code });
    const { messages } = await module.getCompilationInfo();
    const error = messages.find(({ type }) => type === "error");
    if (error) throw new Error(`Cannot compile kernel ${label}, line ${error.lineNum}: ${error.message}`);
    const compute = { module, entryPoint: "main" };
    const pipeline = await this.gpu.createComputePipelineAsync({ label, layout: "auto", compute });
    return { pipeline, bindings: bindingNumbers(code) };
  }
}

function mebibytes(bytes: number): number {
  return Math.ceil(bytes / 2 ** 20);
}
