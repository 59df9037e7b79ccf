import assert from "node:assert/strict";
import { ProgressPrinter } from "./progress.ts";

const LOSSES = { total: 1234.5, content: 0.5, style: 2, tv: 7, layers: [] };
const SIZE = { width: 64, height: 43 };

function printed(terminal: boolean, tvWeight: number, seconds: readonly number[], steps = seconds.length): string {
  let text = "";
  const scales = [{ size: 64, ...SIZE, steps }];
  const printer = new ProgressPrinter({ steps, scales, tvWeight }, terminal, (part) => text += part);
  seconds.forEach((each, i) => printer.step({ step: i + 1, losses: LOSSES, seconds: each, size: SIZE }));
  printer.end();
  return text;
}

Deno.test("a file or a pipe gets a plain line per step", () => {
  assert.equal(
    printed(false, 0, [1, 0.25]),
    "step 1/2  64×43  total 1.2345e+3  content 5.0000e-1  style 2.0000e+0  1.00 s\n" +
      "step 2/2  64×43  total 1.2345e+3  content 5.0000e-1  style 2.0000e+0  0.25 s\n",
  );
});

Deno.test("total variation is printed where it counts", () => {
  assert.ok(printed(false, 1e-3, [1]).includes("  style 2.0000e+0  tv 7.0000e+0  1.00 s\n"));
});

Deno.test("a terminal has a bar with the time left under the lines, which the next line replaces", () => {
  const parts = printed(true, 0, [2, 2], 10).split("\r\x1b[K").slice(1);
  assert.equal(parts.length, 2);
  assert.match(parts[1]!, /^step {2}2\/10 .*\n█████░{19} 20 %, about 16 s left\n$/);
  assert.match(printed(true, 0, [100], 100), / 1 %, about 2\.8 h left\n$/);
  assert.match(printed(true, 0, [1], 1), /█{24} 100 %\n$/);
});

Deno.test("the bar and the time left know that the steps of larger sizes take longer", () => {
  let text = "";
  const scales = [{ size: 32, width: 32, height: 32, steps: 40 }, { size: 64, width: 64, height: 64, steps: 40 }];
  const printer = new ProgressPrinter({ steps: 80, scales, tvWeight: 0 }, true, (part) => text += part);
  printer.step({ step: 40, losses: LOSSES, seconds: 0.1, size: scales[0]! });
  assert.match(text, /█{5}░{19} 20 %, about 16 s left$/);
});
