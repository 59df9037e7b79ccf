import { type FeatureMap, quadCount, quadsOf } from "../feature_map.ts";
import type { Dispatch, PlannedBuffer } from "../plan.ts";
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

/** What a convolution's kernel has of its own. */
interface ConvKernel {
  readonly kernel: string;
  /** Without what `conv_output.wgsl` has. */
  readonly source: string;
  readonly constants: Readonly<Record<string, number>>;
  /** Behind the sizes and before the flags, which all have. */
  readonly numbers: readonly number[];
  readonly workgroups: readonly [number, number, number];
  /** That this call computes. */
  readonly channels: number;
}

/** Quads of the kernel from one quad to another. */
const KERNEL_QUADS = 36;

/** Operations of a convolution to so many channels. */
export function convFlops({ width, height, channels }: FeatureMap, outChannels: number): number {
  return 2 * 9 * channels * outChannels * width * height;
}

/** A call of a convolution's kernel. */
export function convDispatch(
  from: FeatureMap,
  weights: PlannedBuffer,
  to: FeatureMap,
  { bias, sum = false, activation }: ConvOutput,
  { kernel, source, constants, numbers, workgroups, channels }: ConvKernel,
): Dispatch {
  const { width, height } = from;
  const inQuads = quadsOf(from.channels);
  const quads = quadsOf(channels);
  const passes = 1 + Number(sum) + Number(activation !== undefined);
  return {
    kernel,
    source: outputSource + source,
    variant: { constants, flags: [] },
    numbers: [
      width,
      height,
      inQuads,
      quadsOf(to.channels),
      ...numbers,
      Number(bias !== undefined),
      Number(sum),
      Number(activation !== undefined),
    ],
    buffers: {
      x: from.buffer,
      weights,
      y: to.buffer,
      // What is not used has to be something.
      bias: bias ?? weights,
      activation: activation?.buffer ?? from.buffer,
    },
    workgroups,
    work: {
      flops: convFlops(from, channels),
      bytes: 16 * (quadCount(from) + KERNEL_QUADS * inQuads * quads + passes * quads * width * height),
    },
  };
}
