import accumulate from "./accumulate.wgsl" with { type: "text" };
import { type FeatureMap, quadsOf } from "../feature_map.ts";
import { type Dispatch, FLOPS_OF_SUBMISSION, type PlannedBuffer } from "../plan.ts";
import { convDispatch, convFlops, type ConvOutput, convWork } from "./conv_output.ts";
import source from "./conv_tiles.wgsl" with { type: "text" };

/** How a workgroup is laid out: invocations in a row, rows of them, and quads. */
export interface ConvTile {
  readonly width: number;
  readonly lanes: number;
  readonly quads: number;
}

/** How it is divided. */
export interface ConvDivision {
  /** Chosen by the size where it is left out. */
  readonly tile?: ConvTile;
  /** Operations of one call, at most. */
  readonly mostFlops?: number;
}

/** Pixels below one another that an invocation computes: `ROWS` of the kernel. */
const ROWS = 8;
/** Columns of taps. */
const COLUMNS = 3;
/** Layouts of a workgroup's pixels, the preferred ones first. */
const SHAPES = [{ width: 16, lanes: 2 }, { width: 16, lanes: 1 }, { width: 8, lanes: 1 }] as const;
/** Invocations that every device has in a workgroup. */
const MOST_INVOCATIONS = 256;
const MOST_QUADS = 8;

/**
 * A 3×3 SAME convolution for large maps, in as many calls as it has to be submitted in.
 *
 * @param weights As `packKernel()` has them.
 */
export function convTiles(
  from: FeatureMap,
  weights: PlannedBuffer,
  to: FeatureMap,
  output: ConvOutput,
  { tile = chooseTile(to), mostFlops = FLOPS_OF_SUBMISSION }: ConvDivision = {},
): Dispatch[] {
  const groups = Math.ceil(quadsOf(to.channels) / tile.quads);
  const bands = Math.ceil(to.height / (ROWS * tile.lanes));
  const calls = Math.ceil(convFlops(from, to.channels) / mostFlops);
  const groupsEach = Math.ceil(groups / calls);
  const bandsEach = Math.ceil((bands * Math.ceil(groups / groupsEach)) / calls);
  const dispatches: Dispatch[] = [];
  for (let band = 0; band < bands; band += bandsEach) {
    const top = band * ROWS * tile.lanes;
    const height = Math.min(bandsEach * ROWS * tile.lanes, to.height - top);
    for (let group = 0; group < groups; group += groupsEach) {
      const count = Math.min(groupsEach, groups - group);
      const first = group * tile.quads;
      const channels = Math.min(to.channels - 4 * first, 4 * count * tile.quads);
      dispatches.push(convDispatch(from, to, output, {
        kernel: "conv_tiles",
        source: accumulate + source,
        constants: { TILE_WIDTH: tile.width, LANE_ROWS: tile.lanes, QUADS: tile.quads },
        numbers: [first, top, COLUMNS, ROWS],
        workgroups: [count, Math.ceil(to.width / tile.width), Math.min(bandsEach, bands - band)],
        reads: { x: from.buffer, weights },
        work: convWork({ ...from, height }, channels, output),
      }));
    }
  }
  return dispatches;
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
