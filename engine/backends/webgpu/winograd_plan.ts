import type { Term } from "../../objective/objective.ts";
import { layersUpTo } from "../../vgg16.ts";
import { type FeatureMap, quadsOf } from "./feature_map.ts";
import { channelProductPixels } from "./kernels/channel_product.ts";
import type { ConvOutput } from "./kernels/conv_output.ts";
import { PLACES, TILE_SIDE, tilesAcross, winograd } from "./kernels/winograd.ts";
import type { Plan, PlannedBuffer } from "./plan.ts";

/** Bytes of what lies between two calls, at most, unless a row of tiles has more. */
const MOST_BYTES = 2 ** 26;
/**
 * Multiplications and additions that have to be saved for each byte that goes to memory and back for it: as many as the
 * GPUs of `deno task bench webgpu_roofline` compute, at most, while they move one.
 */
const LEAST_SAVED = 82;

/** Whether Winograd's convolution takes less time than the plain one on any GPU, as far as that can be counted. */
export function winogradPays(from: Omit<FeatureMap, "buffer">, to: Omit<FeatureMap, "buffer">): boolean {
  const tiles = tilesAcross(to) * Math.ceil(to.height / TILE_SIDE);
  const pixels = tiles * TILE_SIDE ** 2;
  // Of a workgroup that has few tiles, most computes nothing.
  const computed = PLACES * channelProductPixels(tiles);
  const saved = 2 * from.channels * to.channels * (9 * pixels - computed);
  const moved = 2 * 4 * PLACES * tiles * (from.channels + to.channels);
  return saved >= LEAST_SAVED * moved;
}

/**
 * The layers of which a step may round coarsely, as Winograd's convolution does: behind the last pool, where no maximum can
 * move, and behind all that is compared place by place.
 *
 * @param last The layer that the step goes up to.
 */
export function roundableLayers(last: string, terms: readonly Term[]): ReadonlySet<string> {
  const layers = layersUpTo(last);
  const exact = layers.findLastIndex(({ kind, name }) =>
    kind === "pool" || terms.some((term) => term.kind !== "style" && term.layer === name)
  );
  return new Set(layers.slice(exact + 1).map(({ name }) => name));
}

/**
 * Adds a convolution by `winograd()`, in as many parts as memory asks for.
 *
 * @param weights As `packWinograd()` has them.
 */
export function addWinograd(
  plan: Plan,
  from: FeatureMap,
  weights: PlannedBuffer,
  to: FeatureMap,
  output: ConvOutput = {},
  mostBytes = MOST_BYTES,
): void {
  const rows = Math.ceil(to.height / TILE_SIDE);
  const lengthOf = (channels: number, rows: number) => 4 * PLACES * quadsOf(channels) * tilesAcross(to) * rows;
  const bytesOfRow = 4 * lengthOf(Math.max(from.channels, to.channels), 1);
  const most = Math.min(rows, Math.max(1, Math.floor(mostBytes / bytesOfRow)));
  const between = {
    values: plan.buffer("winograd values", lengthOf(from.channels, most)),
    products: plan.buffer("winograd products", lengthOf(to.channels, most)),
  };
  for (let first = 0; first < rows; first += most) {
    plan.add(...winograd(from, weights, to, output, between, { first, rows: Math.min(most, rows - first) }));
  }
}
