import type { TilingBackend } from "../backends/backend.ts";
import { pickPlaces, PLACE_LAYER, type Places, placeSize } from "../objective/neighbors.ts";
import { deepestLayer } from "../objective/objective.ts";
import type { Pooling } from "../options/options.ts";
import type { Pixels, Size } from "../picture.ts";
import { strideOf } from "./receptive_field.ts";
import type { Tile } from "./tile_grid.ts";
import { cropPixels } from "./tile_masks.ts";
import type { Cut } from "./tiled_grams.ts";

/** Features of some of a picture's places. */
export interface PlacesPart {
  /** Which places, in the order of the rows of `places`. */
  readonly at: readonly number[];
  readonly places: Places;
}

/** `Backend.places()` in tiles: the same features, those of a tile's core at a time. */
export async function* tiledPlaces(
  backend: TilingBackend,
  cut: Cut,
  pixels: Pixels,
  size: Size,
  layers: readonly string[],
  pooling: Pooling,
): AsyncGenerator<PlacesPart, void> {
  const grid = cut(size, deepestLayer([...layers, PLACE_LAYER]));
  for (const tile of grid.tiles) {
    const seen = await backend.places(cropPixels(pixels, size, tile, grid.size), grid.size, layers, pooling);
    yield coreOf(seen, tile, size, grid.size);
  }
}

/** What tiles have taken, of the places of the whole picture. */
export function takenIn(taken: Int32Array, { x, y }: Tile, size: Size, tileSize: Size): Int32Array {
  const [whole, part] = [placeSize(size), placeSize(tileSize)];
  const stride = strideOf(PLACE_LAYER);
  const result = new Int32Array(part.width * part.height);
  for (let row = 0; row < part.height; row++) {
    const from = (y.start / stride + row) * whole.width + x.start / stride;
    result.set(taken.subarray(from, from + part.width), row * part.width);
  }
  return result;
}

function coreOf(seen: Places, { x, y }: Tile, size: Size, tileSize: Size): PlacesPart {
  const [whole, part] = [placeSize(size), placeSize(tileSize)];
  const stride = strideOf(PLACE_LAYER);
  const [at, inTile]: [number[], number[]] = [[], []];
  for (let row = y.coreStart / stride; row < Math.ceil(y.coreEnd / stride); row++) {
    for (let column = x.coreStart / stride; column < Math.ceil(x.coreEnd / stride); column++) {
      at.push(row * whole.width + column);
      inTile.push((row - y.start / stride) * part.width + column - x.start / stride);
    }
  }
  return { at, places: pickPlaces(seen, inTile) };
}
