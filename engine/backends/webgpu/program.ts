/**
 * A plan on a device.
 *
 * @module
 */
import type { Device, Reading } from "./device.ts";
import { type Dispatch, type Plan, type PlannedBuffer, submissions, wordsOf, type Work } from "./plan.ts";

/** A dispatch, ready to be encoded. */
interface Call {
  readonly pipeline: GPUComputePipeline;
  readonly bindings: GPUBindGroup;
  readonly workgroups: readonly [number, number, number];
  readonly work: Work;
}

/** Gives the buffers that are not a plan's own. */
export type SharedBuffers = (buffer: PlannedBuffer) => GPUBuffer;

/** Of plans that have no other. */
function noneShared({ name }: PlannedBuffer): never {
  throw new RangeError(`Cannot share buffer ${name}: the plan was to have none such`);
}

/** Where one dispatch's numbers begin after another's: WebGPU's default alignment. */
const ALIGNMENT = 256;

/** A plan with its buffers and pipelines. */
export class Program {
  readonly #device: Device;
  readonly #buffers: ReadonlyMap<string, GPUBuffer>;
  readonly #owned: readonly GPUBuffer[];
  readonly #calls: readonly Call[];
  /** Names of buffers whose values have 16 bits. */
  readonly #halves: ReadonlySet<string>;

  private constructor(
    device: Device,
    buffers: ReadonlyMap<string, GPUBuffer>,
    owned: readonly GPUBuffer[],
    calls: readonly Call[],
    halves: ReadonlySet<string>,
  ) {
    this.#device = device;
    this.#buffers = buffers;
    this.#owned = owned;
    this.#calls = calls;
    this.#halves = halves;
  }

  /**
   * @throws {GramcastError} TOO_LARGE where a buffer is larger than the device has any.
   */
  static async create(device: Device, plan: Plan, shared: SharedBuffers = noneShared): Promise<Program> {
    const pipelines = await Promise.all(plan.dispatches.map((dispatch) => device.pipeline(dispatch)));
    const owned: GPUBuffer[] = [];
    try {
      return await device.allocate(() => {
        const own = (buffer: GPUBuffer) => {
          owned.push(buffer);
          return buffer;
        };
        const buffers = new Map(plan.buffers.map((planned) => [
          planned.name,
          planned.shared ? shared(planned) : own(device.buffer(wordsOf(planned))),
        ]));
        const numbers = own(device.uniforms(packNumbers(plan.dispatches)));
        const calls = plan.dispatches.map(({ buffers: used, numbers: given, workgroups, work }, i): Call => {
          const { pipeline, bindings } = pipelines[i]!;
          const entries = Object.entries(used).map(([name, { name: buffer }]) => ({
            binding: bindings.get(name)!,
            resource: { buffer: buffers.get(buffer)! },
          }));
          const own = { buffer: numbers, offset: i * ALIGNMENT, size: 4 * given.length };
          return {
            pipeline,
            bindings: device.gpu.createBindGroup({
              layout: pipeline.getBindGroupLayout(0),
              entries: [{ binding: bindings.get("numbers")!, resource: own }, ...entries],
            }),
            workgroups,
            work,
          };
        });
        const halves = new Set(plan.buffers.filter(({ half }) => half).map(({ name }) => name));
        return new Program(device, buffers, owned, calls, halves);
      });
    } catch (error) {
      owned.forEach((buffer) => buffer.destroy());
      throw error;
    }
  }

  /** A buffer of the plan. */
  get(name: string): GPUBuffer {
    const buffer = this.#buffers.get(name);
    if (!buffer) throw new RangeError(`Cannot find buffer ${name}: the plan has ${[...this.#buffers.keys()]}`);
    return buffer;
  }

  write(name: string, values: Float32Array): void {
    this.#device.write(this.get(name), values);
  }

  /** A buffer as it is read: from its start. */
  reading(name: string, length: number): Reading {
    return { buffer: this.get(name), length, half: this.#halves.has(name) };
  }

  /** The commands of one run, in as many submissions as they are to be watched in. */
  commands(): GPUCommandBuffer[] {
    return submissions(this.#calls).map((calls) => {
      const encoder = this.#device.gpu.createCommandEncoder();
      const pass = encoder.beginComputePass();
      for (const call of calls) encode(pass, call);
      pass.end();
      return encoder.finish();
    });
  }

  /** Runs it once. */
  run(readings: readonly Reading[] = []): Promise<Float32Array[]> {
    return this.#device.submit(this.commands(), readings);
  }

  /**
   * Runs it once, each call by itself, on a device that has timestamps.
   *
   * @returns How long each call took, in the device's own unit.
   */
  async time(): Promise<number[]> {
    const count = 2 * this.#calls.length;
    const { gpu } = this.#device;
    const { places, values } = this.#device.timestamps(count);
    try {
      const commands = this.#calls.map((call, i) => {
        const encoder = gpu.createCommandEncoder();
        const pass = encoder.beginComputePass({
          timestampWrites: { querySet: places, beginningOfPassWriteIndex: 2 * i, endOfPassWriteIndex: 2 * i + 1 },
        });
        encode(pass, call);
        pass.end();
        return encoder.finish();
      });
      const resolving = gpu.createCommandEncoder();
      resolving.resolveQuerySet(places, 0, count, values, 0);
      const [read] = await this.#device.submit([...commands, resolving.finish()], [{
        buffer: values,
        length: 2 * count,
      }]);
      const times = new BigUint64Array(read!.buffer);
      return this.#calls.map((_, i) => Number(times[2 * i + 1]! - times[2 * i]!));
    } finally {
      places.destroy();
      values.destroy();
    }
  }

  dispose(): void {
    this.#owned.forEach((buffer) => buffer.destroy());
  }
}

function encode(pass: GPUComputePassEncoder, { pipeline, bindings, workgroups }: Call): void {
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, bindings);
  pass.dispatchWorkgroups(...workgroups);
}

function packNumbers(dispatches: readonly Dispatch[]): ArrayBuffer {
  const data = new DataView(new ArrayBuffer(ALIGNMENT * Math.max(1, dispatches.length)));
  dispatches.forEach(({ numbers }, i) =>
    numbers.forEach((number, k) => {
      const at = i * ALIGNMENT + 4 * k;
      if (typeof number === "number") data.setUint32(at, number, true);
      else data.setFloat32(at, number.float, true);
    })
  );
  return data.buffer;
}
