import { setImmediate } from "node:timers/promises";

const USAGE = { COPY_DST: 0x8, MAP_READ: 0x1 };

/**
 * Versions of Deno whose `mapAsync()` waits for the GPU before it returns, and then keeps its promise open for another 10 ms:
 * the values are there at once, in a buffer that was mapped before. Others are waited for, as the standard wants it.
 */
const MAPS_AT_ONCE: ReadonlySet<string> = new Set(["2.9.6"]);

/** Of the smallest buffer, and of the largest that is kept for further readings. */
const LEAST_BYTES = 256;
const MOST_KEPT_BYTES = 2 ** 23;
/** Buffers of one size whose promises may be open: hardly more readings are made in 10 ms. */
const MOST_OPEN = 8;

/** Buffers of one size. */
interface Shelf {
  /** Mapped before, and not now. */
  readonly free: GPUBuffer[];
  /** Each settles once its buffer is free again, or gone. */
  readonly open: Set<Promise<void>>;
}

/** Brings values here from a GPU. */
export class Readback {
  readonly #gpu: GPUDevice;
  readonly #atOnce: boolean;
  readonly #shelves = new Map<number, Shelf>();

  constructor(gpu: GPUDevice, atOnce = MAPS_AT_ONCE.has(Deno.version.deno)) {
    this.#gpu = gpu;
    this.#atOnce = atOnce;
  }

  /**
   * Values that are copied to a buffer.
   *
   * @param bytes A multiple of four, not 0.
   */
  async read(bytes: number, copy: (encoder: GPUCommandEncoder, to: GPUBuffer) => void): Promise<ArrayBuffer> {
    const isKept = this.#atOnce && bytes <= MOST_KEPT_BYTES;
    const size = isKept ? 2 ** Math.ceil(Math.log2(Math.max(bytes, LEAST_BYTES))) : bytes;
    const shelf = this.#shelves.getOrInsertComputed(size, () => ({ free: [], open: new Set() }));
    while (shelf.free.length === 0 && shelf.open.size >= MOST_OPEN) await Promise.race(shelf.open);
    const known = shelf.free.pop();
    const staging = known ?? this.#gpu.createBuffer({ size, usage: USAGE.MAP_READ | USAGE.COPY_DST });
    const encoder = this.#gpu.createCommandEncoder();
    copy(encoder, staging);
    this.#gpu.queue.submit([encoder.finish()]);
    const mapped = staging.mapAsync(USAGE.MAP_READ, 0, bytes);
    const values = known ? rangeAtOnce(staging, bytes) : null;
    if (values) {
      this.#reuse(staging, mapped, shelf);
      // Else whoever waits for timers, signals or messages would wait for as long as readings follow each other.
      await setImmediate();
      return values;
    }
    try {
      await mapped;
      return staging.getMappedRange(0, bytes).slice(0);
    } finally {
      if (isKept) this.#reuse(staging, mapped, shelf);
      else staging.destroy();
    }
  }

  /** Waits until nothing is open any more, and frees the buffers. */
  async close(): Promise<void> {
    for (const { free, open } of this.#shelves.values()) {
      await Promise.all(open);
      free.forEach((buffer) => buffer.destroy());
    }
    this.#shelves.clear();
  }

  /** Keeps a buffer for the next reading as soon as its promise is settled. */
  #reuse(buffer: GPUBuffer, mapped: Promise<unknown>, { free, open }: Shelf): void {
    const settled = mapped.then(() => {
      buffer.unmap();
      free.push(buffer);
      // Neither works on a device that is lost.
    }).catch(() => buffer.destroy()).then(() => void open.delete(settled));
    open.add(settled);
  }
}

/** Null where the buffer is not mapped yet. */
function rangeAtOnce(buffer: GPUBuffer, bytes: number): ArrayBuffer | null {
  try {
    return buffer.getMappedRange(0, bytes).slice(0);
  } catch {
    return null;
  }
}
