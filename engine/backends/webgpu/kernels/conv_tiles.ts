import accumulate from "./accumulate.wgsl" with { type: "text" };
import { type FeatureMap, quadsOf } from "../feature_map.ts";
import { type Dispatch, FLOPS_OF_SUBMISSION, type PlannedBuffer } from "../plan.ts";
import { writeOutSums } from "./conv_sums.ts";
import { chooseTile, type ConvTile, type TileCosts } from "./conv_tile.ts";
import { convDispatch, convFlops, type ConvOutput, convWork } from "./conv_output.ts";
import source from "./conv_tiles.wgsl" with { type: "text" };

/** How it is divided. */
export interface ConvDivision {
  /** Chosen by the map and by `costs` where it is left out. */
  readonly tile?: ConvTile;
  /** What was measured of the device; nothing where it is left out. */
  readonly costs?: TileCosts;
  /** Operations of one call, at most. */
  readonly mostFlops?: number;
}

/** Columns of taps. */
const COLUMNS = 3;

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
  { costs = new Map(), tile = chooseTile(to, costs), mostFlops = FLOPS_OF_SUBMISSION }: ConvDivision = {},
): Dispatch[] {
  const groups = Math.ceil(quadsOf(to.channels) / tile.quads);
  const bands = Math.ceil(to.height / (tile.rows * tile.lanes));
  const calls = Math.ceil(convFlops(from, to.channels) / mostFlops);
  const groupsEach = Math.ceil(groups / calls);
  const bandsEach = Math.ceil((bands * Math.ceil(groups / groupsEach)) / calls);
  const dispatches: Dispatch[] = [];
  for (let band = 0; band < bands; band += bandsEach) {
    const top = band * tile.rows * tile.lanes;
    const height = Math.min(bandsEach * tile.rows * tile.lanes, to.height - top);
    for (let group = 0; group < groups; group += groupsEach) {
      const count = Math.min(groupsEach, groups - group);
      const first = group * tile.quads;
      const channels = Math.min(to.channels - 4 * first, 4 * count * tile.quads);
      dispatches.push(convDispatch(from, to, output, {
        kernel: "conv_tiles",
        source: accumulate + writeOutSums(source, tile.rows, tile.each),
        constants: {
          TILE_WIDTH: tile.width,
          LANE_ROWS: tile.lanes,
          ROWS: tile.rows,
          EACH_QUADS: tile.each,
          QUADS: tile.quads,
        },
        numbers: [first, top, COLUMNS, tile.rows],
        workgroups: [count, Math.ceil(to.width / tile.width), Math.min(bandsEach, bands - band)],
        reads: { x: from.buffer, weights },
        work: convWork({ ...from, height }, to, channels, output),
      }));
    }
  }
  return dispatches;
}
