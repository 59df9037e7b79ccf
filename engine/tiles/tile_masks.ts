import type { TileInput } from "../backends/backend.ts";
import { areaOf, downscaleMask } from "../objective/masks.ts";
import { featureSize, gridLayer, type Mask, type Term } from "../objective/objective.ts";
import type { Pixels, Size } from "../picture.ts";
import { strideOf } from "./receptive_field.ts";
import type { Tile } from "./tile_grid.ts";

/** A picture's masks at the layers of its terms, cut for its tiles. Mask 0 of a tile is its core, i + 1 is mask i in it. */
export class TileMasks {
  readonly #size: Size;
  readonly #masks = new Map<string, Float32Array>();
  readonly #areas = new Map<string, number>();

  constructor(size: Size, terms: readonly Term[], masks: readonly Mask[]) {
    this.#size = size;
    for (const term of terms) {
      const [mask, layer] = [term.mask, gridLayer(term)];
      if (mask === null || this.#masks.has(keyOf(mask, layer))) continue;
      const values = downscaleMask(masks[mask]!, featureSize(size, layer));
      this.#masks.set(keyOf(mask, layer), values);
      this.#areas.set(keyOf(mask, layer), areaOf(values));
    }
  }

  /** H·W at the layer in whose grid the term is compared, or Σm² under its mask. */
  area(term: Term): number {
    const { width, height } = featureSize(this.#size, gridLayer(term));
    if (term.mask === null) return width * height;
    return this.#areas.get(keyOf(term.mask, gridLayer(term)))!;
  }

  /** A tile of a picture, with its masks. */
  input(pixels: Pixels, tile: Tile, tileSize: Size): TileInput {
    return {
      pixels: cropPixels(pixels, this.#size, tile, tileSize),
      mask: (mask, layer) => this.#crop(mask, layer, tile, tileSize),
    };
  }

  #crop(mask: number, layer: string, { x, y }: Tile, tileSize: Size): Float32Array {
    const stride = strideOf(layer);
    const [whole, part] = [featureSize(this.#size, layer), featureSize(tileSize, layer)];
    const source = mask === 0 ? null : this.#masks.get(keyOf(mask - 1, layer))!;
    const result = new Float32Array(part.width * part.height);
    const [left, right] = [x.coreStart / stride, Math.ceil(x.coreEnd / stride)];
    for (let row = y.coreStart / stride; row < Math.ceil(y.coreEnd / stride); row++) {
      const target = (row - y.start / stride) * part.width - x.start / stride;
      if (source) result.set(source.subarray(row * whole.width + left, row * whole.width + right), target + left);
      else result.fill(1, target + left, target + right);
    }
    return result;
  }
}

function keyOf(mask: number, layer: string): string {
  return `${mask} ${layer}`;
}

/** The part of a picture that a tile covers. */
export function cropPixels(pixels: Pixels | Uint8Array, size: Size, { x, y }: Tile, tileSize: Size): Pixels {
  const result = new Float32Array(3 * tileSize.width * tileSize.height);
  for (let row = 0; row < tileSize.height; row++) {
    const source = 3 * ((y.start + row) * size.width + x.start);
    result.set(pixels.subarray(source, source + 3 * tileSize.width), 3 * row * tileSize.width);
  }
  return result;
}

/** Adds a tile's gradient to the whole picture's. */
export function addTile(whole: Float32Array, size: Size, part: Float32Array, { x, y }: Tile, tileSize: Size): void {
  for (let row = 0; row < tileSize.height; row++) {
    const source = 3 * row * tileSize.width;
    const target = 3 * ((y.start + row) * size.width + x.start);
    for (let i = 0; i < 3 * tileSize.width; i++) whole[target + i]! += part[source + i]!;
  }
}
