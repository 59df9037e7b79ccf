import { type FeatureMap, quadCount, quadsOf } from "../feature_map.ts";
import { type Dispatch, FLOPS_OF_SUBMISSION, type PlannedBuffer } from "../plan.ts";
import source from "./conv.wgsl" with { type: "text" };

/** How a workgroup is laid out: invocations in a row, rows of them, and quads. */
export interface ConvTile {
  readonly width: number;
  readonly lanes: number;
  readonly quads: number;
}

/** What becomes of the sums. */
export interface ConvOptions {
  /** Added before a ReLU. */
  readonly bias?: PlannedBuffer;
  /** Whether what the output holds is added. */
  readonly sum?: boolean;
  /** Where this is not positive, the result is 0. */
  readonly activation?: FeatureMap | undefined;
  /** Chosen by the size where it is left out. */
  readonly tile?: ConvTile;
  /** Operations of one call, at most. */
  readonly mostFlops?: number;
}

/** Pixels below one another that an invocation computes: `ROWS` of the kernel. */
const ROWS = 8;
/** Quads of the kernel from one quad to another. */
const KERNEL_QUADS = 36;
/** Columns of taps. */
const COLUMNS = 3;
/** Layouts of a workgroup's pixels, the preferred ones first. */
const SHAPES = [{ width: 16, lanes: 2 }, { width: 16, lanes: 1 }, { width: 8, lanes: 1 }] as const;
/** Invocations that every device has in a workgroup. */
const MOST_INVOCATIONS = 256;
const MOST_QUADS = 8;

/**
 * A 3×3 SAME convolution, in as many calls as it has to be submitted in.
 *
 * @param weights As `packKernel()` has them.
 */
export function conv(from: FeatureMap, weights: PlannedBuffer, to: FeatureMap, options: ConvOptions = {}): Dispatch[] {
  const { tile = chooseTile(to), mostFlops = FLOPS_OF_SUBMISSION } = options;
  const groups = Math.ceil(quadsOf(to.channels) / tile.quads);
  const flops = flopsOf(from, to.channels);
  const groupsEach = Math.ceil(groups / Math.ceil(flops / mostFlops));
  return Array.from({ length: Math.ceil(groups / groupsEach) }, (_, i) => {
    const first = i * groupsEach;
    return convOfGroups(from, weights, to, options, tile, first, Math.min(groupsEach, groups - first));
  });
}

/** Operations of a convolution to so many channels. */
function flopsOf({ width, height, channels }: FeatureMap, outChannels: number): number {
  return 2 * 9 * channels * outChannels * width * height;
}

/** The call that computes some groups of quads. */
function convOfGroups(
  from: FeatureMap,
  weights: PlannedBuffer,
  to: FeatureMap,
  { bias, sum = false, activation }: ConvOptions,
  tile: ConvTile,
  first: number,
  groups: number,
): Dispatch {
  const { width, height } = from;
  const [inQuads, outQuads] = [quadsOf(from.channels), quadsOf(to.channels)];
  const workgroups = [
    groups,
    Math.ceil(width / tile.width),
    Math.ceil(height / (ROWS * tile.lanes)),
  ] as const;
  const channels = Math.min(to.channels - 4 * first * tile.quads, 4 * groups * tile.quads);
  const quads = quadsOf(channels);
  const passes = 1 + Number(sum) + Number(activation !== undefined);
  return {
    kernel: "conv",
    source,
    variant: {
      constants: { TILE_WIDTH: tile.width, LANE_ROWS: tile.lanes, QUADS: tile.quads },
      flags: [],
    },
    numbers: [
      width,
      height,
      inQuads,
      outQuads,
      first * tile.quads,
      COLUMNS,
      ROWS,
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
      flops: flopsOf(from, channels),
      bytes: 16 * (quadCount(from) + KERNEL_QUADS * inQuads * quads + passes * quads * width * height),
    },
  };
}

/** The layout that computes the fewest pixels outside the picture. */
function chooseTile({ width, height, channels }: FeatureMap): ConvTile {
  const computed = (shape: typeof SHAPES[number]) => roundUp(width, shape.width) * roundUp(height, ROWS * shape.lanes);
  const shape = SHAPES.reduce((best, each) => computed(each) < computed(best) ? each : best);
  const quads = Math.min(MOST_QUADS, quadsOf(channels), MOST_INVOCATIONS / (shape.width * shape.lanes));
  return { ...shape, quads };
}

function roundUp(value: number, multiple: number): number {
  return multiple * Math.ceil(value / multiple);
}
