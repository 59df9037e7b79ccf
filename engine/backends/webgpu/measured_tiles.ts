/**
 * What was measured of a device, as it is kept from one start to the next: JSON that names the device, Deno and the kernels.
 * It decides how fast convolutions are, and not about a single byte of them.
 *
 * @module
 */
import { halveVariables } from "./half.ts";
import { CONV_TILES, PLAIN_TILE, type TileCosts, tileName } from "./kernels/conv_tile.ts";
import { convTiles } from "./kernels/conv_tiles.ts";
import { mapOf } from "./network_plan.ts";
import { Plan } from "./plan.ts";
import type { TileTrials } from "./tile_trials.ts";
import { composeWgsl } from "./wgsl.ts";

/** Where measurements are kept. */
export interface Measurements {
  /** What was kept last; empty where there is nothing. */
  readonly kept: string;
  keep(text: string): void;
}

/** What is measured: the `identity` of a device, and how it holds features. */
export interface Measured {
  readonly device: string;
  readonly precision: "float32" | "float16";
}

/** What it was measured with. With anything else it counts for nothing. */
interface Origin extends Measured {
  readonly deno: string;
  /** SHA-256 of the kernels. */
  readonly kernels: string;
}

const NOTHING: TileTrials = { tried: new Set(), costs: new Map() };

/**
 * How long layouts of convolutions take on a device: as it was kept, and measured where it was not. It is kept before each
 * trial too: one that ends the process is not made again, and those behind it are made at the next start.
 *
 * @param tryTiles Tries what has not been tried, and gives out what is known by then.
 */
export async function measuredTiles(
  measured: Measured,
  { kept, keep }: Measurements,
  tryTiles: (before: TileTrials) => AsyncGenerator<TileTrials>,
): Promise<TileCosts> {
  const origin = { ...measured, deno: Deno.version.deno, kernels: await kernelsHash() };
  let known = parse(kept, origin) ?? NOTHING;
  if (CONV_TILES.every((tile) => known.tried.has(tileName(tile)))) return known.costs;
  try {
    for await (known of tryTiles(known)) keep(format(origin, known));
  } catch {
    // No other device can be opened beside the one that computes: then it does without.
  }
  return known.costs;
}

async function kernelsHash(): Promise<string> {
  const plan = new Plan();
  const map = { width: 1, height: 1, channels: 64 };
  const [from, to] = [mapOf(plan, "x", map), mapOf(plan, "y", map)];
  const weights = plan.buffer("weights", 1);
  const programs = CONV_TILES.flatMap((tile) => convTiles(from, weights, to, {}, { tile }))
    // As they are in 16 bits, which are made of the same source.
    .map(({ source, variant }) => halveVariables(composeWgsl(source, variant), ["x", "y"]));
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(programs.join("\n")));
  return new Uint8Array(hash).toHex();
}

function format(origin: Origin, { tried, costs }: TileTrials): string {
  const rounded = [...costs].map(([channels, byName]) => [
    channels,
    Object.fromEntries([...byName].map(([name, cost]) => [name, Number(cost.toPrecision(3))])),
  ]);
  return JSON.stringify({ ...origin, tried: [...tried], costs: Object.fromEntries(rounded) }, null, 2) + "\n";
}

/** What was kept, or null where it is something else, or of something else. */
function parse(text: string, origin: Origin): TileTrials | null {
  try {
    const { tried, costs, ...of } = JSON.parse(text);
    if (Object.entries(origin).some(([key, value]) => of[key] !== value)) return null;
    const byChannels = Object.entries(costs as Record<string, Record<string, number>>).map(([channels, byName]) =>
      [Number(channels), new Map(Object.entries(byName))] as const
    );
    const isWhole = byChannels.every(([, byName]) =>
      byName.has(tileName(PLAIN_TILE)) && byName.values().every((cost) => typeof cost === "number" && cost > 0)
    );
    return isWhole ? { tried: new Set(tried as string[]), costs: new Map(byChannels) } : null;
  } catch {
    return null;
  }
}
