import assert from "node:assert/strict";
import { resolveOptions } from "../options/resolve.ts";
import type { Picture } from "../picture.ts";
import { type OptimisationInput, prepareColors } from "./input.ts";

const SIDE = 4;

/** A picture whose channels run from a value on. */
function picture(...from: readonly [number, number, number]): Picture {
  const rgb = Uint8Array.from({ length: 3 * SIDE ** 2 }, (_, i) => from[i % 3]! + (i * 7) % 30);
  return { width: SIDE, height: SIDE, rgb };
}

Deno.test("styles are matched to the colours that are given, the same for every content, and else to the content's", () => {
  const options = resolveOptions({ color: "MATCH", size: 32 }, { width: SIDE, height: SIDE }, 1);
  const styles = [{ picture: picture(20, 90, 160), weight: 1 }];
  const [bright, dark, colors] = [picture(200, 180, 160), picture(10, 20, 5), picture(90, 60, 30)];
  const matched = (input: Partial<OptimisationInput>) =>
    prepareColors({ options, styles, content: bright, ...input }, "MATCH").styles[0]!.picture.rgb;
  assert.notDeepEqual(matched({ content: dark }), matched({ content: bright }));
  assert.deepEqual(matched({ content: dark, colors }), matched({ content: bright, colors }));
  assert.deepEqual(matched({ colors }), matched({ content: colors }));
  assert.deepEqual(matched({ colors: null }), matched({}));
});
