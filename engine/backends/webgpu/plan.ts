/**
 * What a device has to do, as data: buffers, and dispatches in their order. It is made without a device, so that its work
 * and its memory can be counted without one.
 *
 * @module
 */
import type { Variant } from "./wgsl.ts";

/** A buffer of a plan. */
export interface PlannedBuffer {
  /** Unique in its plan. */
  readonly name: string;
  /** Length in values. */
  readonly length: number;
  /** Whether values are features of 16 bits, see `half.ts`, and not of 32 bits. */
  readonly half: boolean;
  /** Whether it is none of the plan's own: it holds parameters of the network, or what plans hand on to one another. */
  readonly shared: boolean;
}

/** What a dispatch costs. */
export interface Work {
  /** Multiplications and additions. */
  readonly flops: number;
  /** Read from memory and written there, each value once: caches have to hold what several workgroups need. */
  readonly bytes: number;
}

/** One call of a kernel. */
export interface Dispatch {
  /** Names the kernel in messages and tables. */
  readonly kernel: string;
  readonly source: string;
  readonly variant: Variant;
  /** Members of the kernel's `Numbers`, in their order. */
  readonly numbers: readonly PlannedNumber[];
  /** By the names of the kernel's variables. */
  readonly buffers: Readonly<Record<string, PlannedBuffer>>;
  readonly workgroups: readonly [number, number, number];
  readonly work: Work;
}

/** A number that a kernel is given: whole, or a float. */
export type PlannedNumber = number | { readonly float: number };

/**
 * Operations and bytes that are submitted together, unless one call has more. Systems that watch a GPU reset it after about
 * two seconds of one submission; the slowest that are worth using compute 10¹¹ and move 2·10¹⁰ a second.
 */
export const FLOPS_OF_SUBMISSION = 5e10;
export const BYTES_OF_SUBMISSION = 1e10;

/** Workgroups in a row; WebGPU promises 65535 in each direction. */
const ROW = 32768;

/** So many workgroups, in rows where they are too many for one. */
export function rowsOfGroups(count: number): readonly [number, number, number] {
  return count <= ROW ? [count, 1, 1] : [ROW, Math.ceil(count / ROW), 1];
}

/** Calls in their order, those together that are submitted together. */
export function submissions<Call extends { readonly work: Work }>(calls: readonly Call[]): Call[][] {
  const submitted: Call[][] = [];
  let [flops, bytes] = [Infinity, Infinity];
  for (const call of calls) {
    flops += call.work.flops;
    bytes += call.work.bytes;
    if (flops > FLOPS_OF_SUBMISSION || bytes > BYTES_OF_SUBMISSION) {
      submitted.push([]);
      ({ flops, bytes } = call.work);
    }
    submitted.at(-1)!.push(call);
  }
  return submitted;
}

/** What a buffer takes, in values of 32 bits. */
export function wordsOf({ length, half = false }: { readonly length: number; readonly half?: boolean }): number {
  return half ? length / 2 : length;
}

/** Buffers and dispatches of one pass over the device. */
export class Plan {
  readonly #buffers = new Map<string, { name: string; length: number; half: boolean; shared: boolean }>();
  readonly #dispatches: Dispatch[] = [];

  get buffers(): readonly PlannedBuffer[] {
    return [...this.#buffers.values()];
  }

  get dispatches(): readonly Dispatch[] {
    return this.#dispatches;
  }

  /** Bytes of the plan's own buffers. */
  get bytes(): number {
    return this.buffers.reduce((sum, buffer) => sum + (buffer.shared ? 0 : 4 * wordsOf(buffer)), 0);
  }

  /**
   * The buffer of that name, made if there is none, and made longer where it is too short.
   *
   * @param half As it always is under that name.
   */
  buffer(name: string, length: number, half = false): PlannedBuffer {
    return this.#take(name, length, half, false);
  }

  /** The same for one that is not the plan's own. */
  shared(name: string, length: number): PlannedBuffer {
    return this.#take(name, length, false, true);
  }

  add(...dispatches: readonly Dispatch[]): void {
    this.#dispatches.push(...dispatches);
  }

  #take(name: string, length: number, half: boolean, shared: boolean): PlannedBuffer {
    const known = this.#buffers.get(name);
    const buffer = known ?? { name, length, half, shared };
    buffer.length = Math.max(buffer.length, length);
    this.#buffers.set(name, buffer);
    return buffer;
  }
}
