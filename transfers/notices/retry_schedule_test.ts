import assert from "node:assert/strict";
import { DELAYS, holdOf, LONGEST_HOLD, retryDelay } from "./retry_schedule.ts";

Deno.test("retryDelay() follows the delays, each within a tenth of it, and ends after ten attempts", () => {
  assert.deepEqual(DELAYS.map((delay) => delay / 1000), [0, 5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]);
  assert.deepEqual([0, 0.5, 1].map((random) => retryDelay(1, random)), [4500, 5000, 5500]);
  assert.deepEqual([0, 0.5, 1].map((random) => retryDelay(9, random)), [77_760_000, 86_400_000, 95_040_000]);
  assert.equal(retryDelay(10, 0.5), null);
});

Deno.test("holdOf() reads seconds and dates, and is not put off for ever", () => {
  const now = Date.parse("2026-11-23T14:05:00Z");
  const cases: [string | undefined, number | null][] = [
    ["120", 120_000],
    [" 7 ", 7000],
    ["Mon, 23 Nov 2026 14:06:00 GMT", 60_000],
    ["Mon, 23 Nov 2026 14:04:00 GMT", null],
    ["0", null],
    ["999999999999", LONGEST_HOLD],
    ["soon", null],
    ["-5", null],
    ["", null],
    [undefined, null],
  ];
  for (const [text, wanted] of cases) assert.equal(holdOf(text, now), wanted, String(text));
});
