import assert from "node:assert/strict";
import { CONV_LAYERS } from "../../engine/vgg16.ts";
import { generateConvolution } from "../generated_filters.ts";
import { ACTIVITY, learnFilters, type LearnOptions } from "./learn_filters.ts";
import { trainingPicture } from "./pictures.ts";

function tiny(seed: number): LearnOptions {
  return {
    seed,
    pictures: Array.from({ length: 8 }, (_, index) => trainingPicture(seed, index, 32)),
    last: "conv2_1",
    patches: 400,
    iterations: 2,
    dimensions: 40,
    whiteningFloor: 1,
    invariance: 100,
  };
}

Deno.test("the same seed learns the same filters, another seed others", async () => {
  const lines: string[] = [];
  const first = await learnFilters(tiny(4), (line) => lines.push(line));
  const again = await learnFilters(tiny(4), () => {});
  const other = await learnFilters(tiny(5), () => {});
  assert.deepEqual([...first.keys()], ["conv1_1", "conv1_2", "conv2_1"]);
  assert.deepEqual(again, first);
  assert.notDeepEqual(other.get("conv2_1"), first.get("conv2_1"));
  assert.match(lines[2]!, /^conv2_1: 128 filters, [\d.]+ s$/);
});

Deno.test("given layers are kept but for their scale, and those above them learned", async () => {
  const given = generateConvolution(CONV_LAYERS[0]!, 5);
  const lines: string[] = [];
  const options = { ...tiny(4), last: "conv1_2", below: new Map([["conv1_1", given]]) };
  const convs = await learnFilters(options, (line) => lines.push(line));
  const { deviation } = ACTIVITY["conv1_1"]!;
  assert.deepEqual(convs.get("conv1_1")!.kernel, given.kernel.map((weight) => weight * deviation));
  assert.deepEqual([...convs.keys()], ["conv1_1", "conv1_2"]);
  assert.deepEqual(lines.map((line) => line.split(":")[0]), ["conv1_2"]);
});
