import assert from "node:assert/strict";
import { formulaNoise } from "../testing/formula.ts";
import { relativeDistance } from "../testing/distance.ts";
import { channelsAt, directionsOf, placeSize, targetOf } from "./neighbors.ts";

const LAYERS = [{ layer: "conv1_1", weight: 1 }, { layer: "conv3_1", weight: 2 }];

function rowsOf(places: number, layer: string, salt: number): Float32Array {
  return Float32Array.from(formulaNoise(places * channelsAt(layer), salt));
}

function lengthOf(vector: Float32Array): number {
  return Math.hypot(...vector);
}

Deno.test("there is a place for every four by four pixels, those at the edges included", () => {
  assert.deepEqual(placeSize({ width: 64, height: 32 }), { width: 16, height: 8 });
  assert.deepEqual(placeSize({ width: 65, height: 31 }), { width: 17, height: 8 });
});

Deno.test("directions have length 1, are about the mean of those kept, and weigh layers by channels and weights", () => {
  const places = new Map(LAYERS.map(({ layer }, i) => [layer, rowsOf(20, layer, i)]));
  const kept = [3, 5, 11, 19];
  const found = directionsOf(places, LAYERS, kept);
  const length = 64 + 256;
  assert.equal(found.length, kept.length * length);
  const wanted = kept.map((place) => {
    const row = LAYERS.flatMap(({ layer, weight }) => {
      const [rows, channels] = [places.get(layer)!, channelsAt(layer)];
      return Array.from({ length: channels }, (_, c) => {
        const mean = kept.reduce((sum, each) => sum + rows[each * channels + c]! / kept.length, 0);
        return (weight / channels) * (rows[place * channels + c]! - mean);
      });
    });
    const size = Math.hypot(...row);
    return row.map((value) => value / size);
  });
  assert.ok(relativeDistance(found, wanted.flat()) < 1e-5);
});

Deno.test("a place without any features has no direction, and is no NaN", () => {
  const places = new Map([["conv1_1", new Float32Array(3 * 64)]]);
  assert.ok(directionsOf(places, [{ layer: "conv1_1", weight: 1 }], [0, 1, 2]).every((value) => value === 0));
});

Deno.test("a target has the features that places have taken, and their mean where the layer is coarser", () => {
  const size = { width: 24, height: 12 };
  const taken = Int32Array.from({ length: 18 }, (_, i) => i % 5);
  const fine = rowsOf(5, "conv2_1", 1);
  const target = targetOf(size, "conv2_1", { places: taken, rows: fine });
  assert.equal(target.length, 18 * 128);
  for (const place of [0, 7, 17]) {
    const row = fine.slice(taken[place]! * 128, (taken[place]! + 1) * 128);
    const wanted = row.map((value) => value / lengthOf(row));
    assert.ok(relativeDistance(target.subarray(place * 128, (place + 1) * 128), wanted) < 1e-5);
  }
  // Six by three places are three by two values of conv4; the last row has one place above the other missing.
  const coarse = rowsOf(5, "conv4_1", 2);
  const values = targetOf(size, "conv4_1", { places: taken, rows: coarse });
  assert.equal(values.length, 6 * 512);
  const around = [12, 13].map((place) => coarse.subarray(taken[place]! * 512, (taken[place]! + 1) * 512));
  const sum = around[0]!.map((value, c) => value + around[1]![c]!);
  const last = values.subarray(3 * 512, 4 * 512);
  assert.ok(relativeDistance(last, sum.map((value) => value / lengthOf(sum))) < 1e-5);
});
