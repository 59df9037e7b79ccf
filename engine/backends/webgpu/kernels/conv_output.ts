import { type FeatureMap, mapBytes, quadBytes, quadsOf } from "../feature_map.ts";
import type { Size } from "../../../picture.ts";
import type { Dispatch, PlannedBuffer, Work } from "../plan.ts";
import outputSource from "./conv_output.wgsl" with { type: "text" };

/** What becomes of a convolution's sums. */
export interface ConvOutput {
  /** Added before a ReLU. */
  readonly bias?: PlannedBuffer;
  /** Whether what the output holds is added. */
  readonly sum?: boolean;
  /** Where this is not positive, the result is 0. */
  readonly activation?: FeatureMap | undefined;
}

/** What a convolution's last kernel has of its own. */
interface ConvKernel {
  readonly kernel: string;
  /** Without what `conv_output.wgsl` has. */
  readonly source: string;
  readonly constants: Readonly<Record<string, number>>;
  /** Behind the sizes and before the flags, which all have. */
  readonly numbers: readonly number[];
  readonly workgroups: readonly [number, number, number];
  /** What it reads. */
  readonly reads: Readonly<Record<string, PlannedBuffer>>;
  readonly work: Work;
}

/** Quads of the kernel from one quad to another. */
const KERNEL_QUADS = 36;

/** Operations of a convolution to so many channels. */
export function convFlops({ width, height, channels }: FeatureMap, outChannels: number): number {
  return 2 * 9 * channels * outChannels * width * height;
}

/** Bytes of values that are written, and read before that, to so many channels of a map of that size. */
export function outputBytes(
  { width, height }: Size,
  to: FeatureMap,
  channels: number,
  { sum = false, activation }: ConvOutput,
): number {
  const each = quadBytes(to) * (1 + Number(sum)) + (activation ? quadBytes(activation) : 0);
  return each * quadsOf(channels) * width * height;
}

/** A call that convolves so many channels at once. */
export function convWork(from: FeatureMap, to: FeatureMap, channels: number, output: ConvOutput): Work {
  const weights = 16 * KERNEL_QUADS * quadsOf(from.channels) * quadsOf(channels);
  return {
    flops: convFlops(from, channels),
    bytes: mapBytes(from) + weights + outputBytes(from, to, channels, output),
  };
}

/** A call of a convolution's last kernel. */
export function convDispatch(
  from: Omit<FeatureMap, "buffer">,
  to: FeatureMap,
  { bias, sum = false, activation }: ConvOutput,
  { kernel, source, constants, numbers, workgroups, reads, work }: ConvKernel,
): Dispatch {
  const [unused] = Object.values(reads);
  return {
    kernel,
    source: outputSource + source,
    variant: { constants, flags: [] },
    numbers: [
      to.width,
      to.height,
      quadsOf(from.channels),
      quadsOf(to.channels),
      ...numbers,
      Number(bias !== undefined),
      Number(sum),
      Number(activation !== undefined),
    ],
    buffers: {
      ...reads,
      y: to.buffer,
      // What is not used has to be something.
      bias: bias ?? unused!,
      activation: activation?.buffer ?? unused!,
    },
    workgroups,
    work,
  };
}
