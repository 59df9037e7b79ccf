/**
 * A layer's features by place, see `objective/neighbors.ts`: on the device as maps, beside it as rows.
 *
 * @module
 */
import { halvingsOf } from "../../objective/neighbors.ts";
import type { Size } from "../../picture.ts";
import { type FeatureMap, mapLength, valueIndex } from "./feature_map.ts";
import { pool } from "./kernels/pool.ts";
import { mapOf } from "./network_plan.ts";
import type { Plan } from "./plan.ts";

/**
 * A layer's map by place: where it is finer than places are, its means over 2×2 values down to those; where it is coarser,
 * the map as it is.
 *
 * @param name Of the means' buffer.
 */
export function addPlaces(plan: Plan, layer: string, features: FeatureMap, name: string): FeatureMap {
  let places = features;
  for (let left = halvingsOf(layer); left > 0; left--) {
    const { width, height, channels } = places;
    const half = { width: Math.ceil(width / 2), height: Math.ceil(height / 2), channels };
    const means = mapOf(plan, left === 1 ? name : "halved", half);
    plan.add(pool(places, means, "AVERAGE", 1));
    places = means;
  }
  return places;
}

/**
 * A map as the device has it in rows of channels, by place.
 *
 * @param shape Of the map: where it is coarser than `places`, its values are repeated.
 * @returns (places × channels), rows of places from the top.
 */
export function placeRows(
  map: Float32Array,
  shape: Omit<FeatureMap, "buffer">,
  layer: string,
  places: Size,
): Float32Array {
  const { width, height, channels } = shape;
  const side = 2 ** Math.max(0, -halvingsOf(layer));
  const rows = new Float32Array(places.width * places.height * channels);
  let to = 0;
  for (let y = 0; y < places.height; y++) {
    for (let x = 0; x < places.width; x++) {
      const pixel = Math.floor(y / side) * width + Math.floor(x / side);
      for (let c = 0; c < channels; c++) rows[to++] = map[valueIndex(c, pixel, width * height)]!;
    }
  }
  return rows;
}

/** Rows of channels as the device has them: the other way round. */
export function rowsToMap(rows: Float32Array, channels: number): Float32Array {
  const area = rows.length / channels;
  const map = new Float32Array(mapLength({ width: area, height: 1, channels }));
  for (let pixel = 0; pixel < area; pixel++) {
    for (let c = 0; c < channels; c++) map[valueIndex(c, pixel, area)] = rows[pixel * channels + c]!;
  }
  return map;
}
