import assert from "node:assert/strict";
import { enlargedRequest } from "./enlarge.ts";
import type { TransferRequest } from "./options.ts";
import { resolveOptions } from "./resolve.ts";
import type { Fit } from "./schedule.ts";

const CONTENT = { width: 1200, height: 800 };
const resolve = (request: TransferRequest) => resolveOptions(request, CONTENT, 5);
const PAINTING = resolve({ preset: "FAST", color: "MATCH", styleScale: 0.5, init: { kind: "NOISE" }, seed: 9 });
const enlarged = (fit: Fit, steps: number | null = null, painting = PAINTING) =>
  enlargedRequest(painting, fit, CONTENT, steps);

const SIZES: readonly [Fit, scales: readonly number[]][] = [
  [{ scale: 2 }, [512]],
  [{ scale: 1.2 }, [307]],
  [{ longest: 640 }, [640]],
  [{ scale: 4 }, [512, 1024]],
  [{ shortest: 800 }, [512, 1200]],
  [{ original: true }, [512, 1200]],
  [{ scale: 16 }, [512, 1024, 2048, 4096]],
];
for (const [fit, sizes] of SIZES) {
  Deno.test(`a painting of 256×171 is painted larger by ${JSON.stringify(fit)} at ${sizes.join(" and ")} pixels`, () => {
    const { scales, width, height } = resolve(enlarged(fit));
    assert.deepEqual(scales.map(({ size, steps }) => [size, steps]), sizes.map((size) => [size, 21]));
    assert.deepEqual([width, height], [sizes.at(-1), Math.round(sizes.at(-1)! / 1.5)]);
  });
}

Deno.test("all options of a painting but its schedule and what it began with stay as they are, its seed included", () => {
  const { scales: _, width: _width, height: _height, steps: _steps, init, ...rest } = resolve(enlarged({ scale: 2 }));
  const { scales: _before, width: _w, height: _h, steps: _s, init: _i, ...before } = PAINTING;
  assert.deepEqual(rest, before);
  assert.deepEqual(init, { kind: "IMAGE", noise: 0 });
});

Deno.test("steps are those at each new size", () => {
  assert.deepEqual(resolve(enlarged({ scale: 4 }, 7)).scales.map(({ steps }) => steps), [7, 7]);
});

const REFUSED: readonly [Fit, steps: number | null, field: string, message: RegExp][] = [
  [
    { scale: 1 },
    null,
    "input.scale",
    /^Cannot use input.scale 1: wanted .* more than the painting's 256 pixels, which would be 256$/,
  ],
  [{ longest: 100 }, null, "input.longest", /which would be 100$/],
  [{ scale: 17 }, null, "input.scale", /wanted a longest side of 32 to 4096 pixels, which would be 4352$/],
  [{ longest: 5000 }, null, "input.longest", /wanted a whole number from 32 to 4096$/],
  [{ original: false }, null, "input.original", /wanted true/],
  [{}, null, "input", /of 0 values/],
  [{ scale: 2 }, 0, "steps", /wanted a whole number from 1 to 10000$/],
];
for (const [fit, steps, field, message] of REFUSED) {
  Deno.test(`enlarging by ${JSON.stringify(fit)} in ${steps} steps is refused at ${field}`, () => {
    assert.throws(() => enlarged(fit, steps), { code: "BAD_USER_INPUT", field, message });
  });
}

Deno.test("a painting that is as large as the content is not enlarged to the original's size", () => {
  const painting = resolve({ size: 1200, steps: 10 });
  assert.throws(() => enlarged({ original: true }, null, painting), { field: "input.original" });
});
