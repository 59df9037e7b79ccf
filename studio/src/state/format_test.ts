import assert from "node:assert/strict";
import { formatBytes, formatNumber, formatRate, formatSeconds } from "./format.ts";

Deno.test("formatSeconds() says durations as people do", () => {
  const cases = [[0, "0 s"], [59.4, "59 s"], [80, "1 min 20 s"], [600, "10 min"], [725, "12 min"], [7500, "2 h 5 min"]];
  for (const [seconds, text] of cases) assert.equal(formatSeconds(seconds as number), text);
});

Deno.test("formatBytes() uses decimal units", () => {
  const cases = [[0, "0 B"], [999, "999 B"], [1500, "1.5 kB"], [310e6, "310 MB"], [2.34e9, "2.3 GB"]];
  for (const [bytes, text] of cases) assert.equal(formatBytes(bytes as number), text);
});

Deno.test("formatNumber() is short at any magnitude", () => {
  const cases = [[0, "0"], [0.0005, "5.0e-4"], [0.4213, "0.421"], [17, "17"], [1234567, "1.2e6"], [-3.5, "-3.5"]];
  for (const [value, text] of cases) assert.equal(formatNumber(value as number), text);
});

Deno.test("formatRate() counts what is easier to count", () => {
  assert.equal(formatRate(2.5), "2.5 s a step");
  assert.equal(formatRate(0.04), "25 steps/s");
});
