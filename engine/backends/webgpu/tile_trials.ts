/**
 * Which layouts of a convolution are fast on a device: each is tried on a device of its own, which may be lost by it.
 *
 * @module
 */
import { CONV_LAYERS } from "../../vgg16.ts";
import type { Device } from "./device.ts";
import { type FeatureMap, mapLength, quadsOf } from "./feature_map.ts";
import {
  computedPixels,
  CONV_TILES,
  type ConvTile,
  COUNTED_TILES,
  PLAIN_TILE,
  type TileCosts,
  tileName,
} from "./kernels/conv_tile.ts";
import { convTiles } from "./kernels/conv_tiles.ts";
import { mapOf } from "./network_plan.ts";
import { kernelLength } from "./parameters.ts";
import { Plan } from "./plan.ts";
import { Program } from "./program.ts";

/** What is known of layouts. */
export interface TileTrials {
  /** Names of those that need not be tried again. */
  readonly tried: ReadonlySet<string>;
  /** Of those that gave the plain layout's bytes. */
  readonly costs: TileCosts;
}

/** How layouts are tried. */
interface TrialOptions {
  /** Whether features are held in 16 bits. */
  readonly half?: boolean;
  /** What is tried, for tests. */
  readonly tiles?: readonly ConvTile[];
  /** How long it may take, about, for tests. */
  readonly milliseconds?: number;
}

type Shape = Omit<FeatureMap, "buffer">;

/** Channels that convolutions give out: those that there is something to choose for. */
const CHANNELS = [...new Set(CONV_LAYERS.map(({ outChannels }) => outChannels))];
/** Milliseconds after which no other layout is tried. */
const MOST_MILLISECONDS = 1000;
/** Sides of the map with the fewest channels that is timed; with twice the channels half of it. */
const SIDES = [128, 256, 512];
/** Of the one map that is timed where a device is slow. */
const SMALL_SIDE = 32;
/** Milliseconds of a trial that make a larger one worth its time. */
const QUICK_MILLISECONDS = 40;
/** Operations of no convolution that is timed: each is one call. */
const WHOLE = 1e12;
/** Of each layout the fastest of so many times counts. */
const ROUNDS = 2;
/** What is compared byte by byte: no side is a whole number of anything, and the last group of quads is not full. */
const CHECKED = { width: 37, height: 29, inChannels: 12, outChannels: 36 };

/**
 * Tries what has not been tried yet. What is known is given out before each trial, as it is if that ends the process: the
 * layout is then one that need not be tried again.
 *
 * @param before What is known already.
 */
export async function* tryTiles(
  device: Device,
  before: TileTrials,
  { half = false, tiles = CONV_TILES, milliseconds = MOST_MILLISECONDS }: TrialOptions = {},
): AsyncGenerator<TileTrials, void> {
  const plain = tileName(PLAIN_TILE);
  const tried = new Set(before.tried).add(plain);
  const costs = new Map(CHANNELS.map((channels) => [channels, new Map(before.costs.get(channels))]));
  const learn = (name: string, found: readonly number[]) =>
    CHANNELS.forEach((channels, i) => costs.get(channels)!.set(name, found[i]!));
  const same = CHANNELS.map(() => 1);
  learn(plain, same);
  const end = performance.now() + milliseconds;
  let maps: readonly Shape[] | undefined;
  for (const tile of tiles) {
    const name = tileName(tile);
    if (tried.has(name)) continue;
    tried.add(name);
    if (performance.now() >= end) {
      if (COUNTED_TILES.includes(tile)) learn(name, same);
      continue;
    }
    yield { tried, costs };
    try {
      if (!await givesSameBytes(device, tile, half)) continue;
      maps ??= await chooseMaps(device, half);
      const found = await timeBeside(device, tile, maps, half);
      // A map of few channels speaks for all where it is the only one.
      if (found.every((cost) => cost > 0 && cost < Infinity)) {
        learn(
          name,
          CHANNELS.map((_, i) => found[i] ?? found[0]!),
        );
      }
    } catch {
      // It does not compile, or has lost the device: then the others are tried at the next start.
      if (!await stillWorks(device, half)) return yield { tried, costs };
    }
  }
  yield { tried, costs };
}

async function givesSameBytes(device: Device, tile: ConvTile, half: boolean): Promise<boolean> {
  const [wanted, found] = [await convolved(device, PLAIN_TILE, half), await convolved(device, tile, half)];
  return found.every((bits, i) => bits === wanted[i]);
}

async function stillWorks(device: Device, half: boolean): Promise<boolean> {
  return await convolved(device, PLAIN_TILE, half).then(() => true, () => false);
}

/** The bits of a convolution of noise. */
async function convolved(device: Device, tile: ConvTile, half: boolean): Promise<Uint32Array> {
  const { inChannels, outChannels, ...size } = CHECKED;
  const plan = new Plan();
  // What it takes in is no features: it can be written from here.
  const from = mapOf(plan, "x", { ...size, channels: inChannels });
  const to = mapOf(plan, "y", { ...size, channels: outChannels }, half);
  const weights = plan.buffer("weights", kernelLength(inChannels, outChannels));
  const bias = plan.buffer("bias", 4 * quadsOf(outChannels));
  plan.add(...convTiles(from, weights, to, { bias }, { tile }));
  const program = await Program.create(device, plan);
  try {
    for (const { name, length } of [from.buffer, weights, bias]) program.write(name, noise(length));
    const [values] = await program.run([program.reading(to.buffer.name, mapLength(to))]);
    return new Uint32Array(values!.buffer);
  } finally {
    program.dispose();
  }
}

/** The largest maps that the plain layout convolves quickly. */
async function chooseMaps(device: Device, half: boolean): Promise<readonly Shape[]> {
  let maps: readonly Shape[] = [{ width: SMALL_SIDE, height: SMALL_SIDE, channels: CHANNELS[0]! }];
  for (const largest of SIDES) {
    const begun = performance.now();
    await timeBeside(device, PLAIN_TILE, maps, half);
    if (performance.now() - begun > QUICK_MILLISECONDS) break;
    maps = CHANNELS.map((channels) => {
      const side = (largest * CHANNELS[0]!) / channels;
      return { width: side, height: side, channels };
    });
  }
  return maps;
}

/** By map: how long a computed pixel takes beside the plain layout. They take turns, whatever else the GPU does. */
async function timeBeside(
  device: Device,
  tile: ConvTile,
  maps: readonly Shape[],
  half: boolean,
): Promise<number[]> {
  const plan = new Plan();
  const tiles = Array.from({ length: ROUNDS }, () => [PLAIN_TILE, tile]).flat();
  for (const map of maps) {
    const [from, to] = [mapOf(plan, "x", map, half), mapOf(plan, "y", map, half)];
    const weights = plan.buffer("weights", kernelLength(map.channels, map.channels));
    for (const each of tiles) plan.add(...convTiles(from, weights, to, {}, { tile: each, mostFlops: WHOLE }));
  }
  const program = await Program.create(device, plan);
  try {
    const times = await program.time();
    return maps.map((map, i) => {
      const own = times.slice(i * tiles.length, (i + 1) * tiles.length);
      const [plain, found] = [0, 1].map((which) => Math.min(...own.filter((_, at) => at % 2 === which)));
      return (found! / computedPixels(map, tile)) / (plain! / computedPixels(map, PLAIN_TILE));
    });
  } finally {
    program.dispose();
  }
}

/** Numbers between −1 and 1 without repetition. */
function noise(length: number): Float32Array {
  let state = 1;
  return Float32Array.from({ length }, () => {
    state = (state * 48271) % 2147483647;
    return (2 * state) / 2147483647 - 1;
  });
}
