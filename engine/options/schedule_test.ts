import assert from "node:assert/strict";
import type { TransferRequest } from "./options.ts";
import { resolveOptions } from "./resolve.ts";

const CONTENT = { width: 1200, height: 800 };
const resolve = (request: TransferRequest) => resolveOptions({ preset: "FAST", ...request }, CONTENT, 1);

const FITS: readonly [NonNullable<TransferRequest["fit"]>, width: number, height: number][] = [
  [{ longest: 600 }, 600, 400],
  [{ shortest: 500 }, 750, 500],
  [{ megapixels: 0.24 }, 600, 400],
  [{ scale: 0.25 }, 300, 200],
  [{ scale: 2 }, 2400, 1600],
  [{ original: true }, 1200, 800],
];
for (const [fit, width, height] of FITS) {
  Deno.test(`fit ${JSON.stringify(fit)} makes a result of ${width}×${height} from a picture of 1200×800`, () => {
    const options = resolve({ fit });
    assert.deepEqual([options.width, options.height], [width, height]);
    // The schedule is that of the size, said as such.
    assert.deepEqual(options, resolve({ size: width }));
  });
}

Deno.test("fit gives the shorter side exactly, whichever it is", () => {
  for (const content of [{ width: 333, height: 777 }, { width: 1001, height: 1000 }, { width: 4000, height: 37 }]) {
    const { width, height } = resolveOptions({ fit: { shortest: 36 } }, content, 1);
    assert.equal(Math.min(width, height), 36);
  }
});

const REFUSED: readonly [TransferRequest, field: string, message: RegExp][] = [
  [{ fit: {} }, "fit", /of 0 values: wanted one of longest, shortest, /],
  [{ fit: { longest: 100, scale: 1 } }, "fit", /of 2 values/],
  [{ fit: { longest: 100 }, size: 100 }, "fit", /beside size: wanted one of them$/],
  [{ fit: { longest: 100 }, scales: [{ size: 100, steps: 1 }] }, "fit", /beside scales/],
  [{ fit: { original: false } }, "fit.original", /false: wanted true/],
  [{ fit: { scale: 4 } }, "fit.scale", /4: wanted a longest side of 32 to 4096 pixels, which would be 4800$/],
  [{ fit: { shortest: 4000 } }, "fit.shortest", /which would be 6000$/],
  [{ fit: { longest: 31 } }, "fit.longest", /31: wanted a whole number from 32 to 4096$/],
];
for (const [request, field, message] of REFUSED) {
  Deno.test(`a request of ${JSON.stringify(request)} is refused at ${field}`, () => {
    assert.throws(() => resolve(request), { code: "BAD_USER_INPUT", field, message });
  });
}
