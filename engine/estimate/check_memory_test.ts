import assert from "node:assert/strict";
import fc from "fast-check";
import { GramcastError } from "../../errors.ts";
import { checkMemory } from "./check_memory.ts";
import { estimateCost } from "./estimate.ts";
import { PRESET_NAMES } from "../options/options.ts";
import { OPTIONS } from "../options/table.ts";
import { resolveOptions } from "../options/resolve.ts";

const MEBIBYTE = 2 ** 20;

Deno.test("what cannot be done within the memory is refused with the numbers and the largest size that can", () => {
  const kind = fc.constantFrom(...OPTIONS.optimizer.value.parts.kind.value.choices);
  const side = fc.integer({ min: 32, max: 4096 });
  const memory = fc.integer({ min: 250, max: 4000 });
  fc.assert(
    fc.property(
      fc.constantFrom(...PRESET_NAMES),
      kind,
      side,
      side,
      memory,
      (preset, kind, width, height, mebibytes) => {
        const most = mebibytes * MEBIBYTE;
        const content = { width, height };
        const ask = (size: number) => resolveOptions({ preset, optimizer: { kind }, size }, content, 0);
        const options = ask(Math.max(width, height));
        const { memoryBytes } = estimateCost(options, most);
        const refused = refusalOf(() => checkMemory(options, most));
        assert.equal(refused !== null, memoryBytes > most);
        if (!refused) return;
        assert.deepEqual([refused.code, refused.field], ["TOO_LARGE", "size"]);
        const needed = Math.ceil(memoryBytes / MEBIBYTE);
        const begin = `Cannot start the transfer: ${options.width}×${options.height} takes about ${needed} MiB, ` +
          `wanted at most ${mebibytes} MiB: `;
        assert.ok(refused.message.startsWith(begin), refused.message);
        const largest = /the largest size that fits is (\d+)$/.exec(refused.message)?.[1];
        if (largest) assert.equal(refusalOf(() => checkMemory(ask(Number(largest)), most)), null);
        else assert.ok(refused.message.endsWith("no size would fit"));
      },
    ),
    { seed: 1, numRuns: 100 },
  );
});

Deno.test("one pixel more than the largest size that fits is refused", () => {
  const options = (size: number) => resolveOptions({ preset: "GATYS", size }, { width: 3, height: 2 }, 0);
  const refused = refusalOf(() => checkMemory(options(4096), 2000 * MEBIBYTE))!;
  const largest = Number(/(\d+)$/.exec(refused.message)![1]);
  checkMemory(options(largest), 2000 * MEBIBYTE);
  assert.throws(() => checkMemory(options(largest + 1), 2000 * MEBIBYTE), { code: "TOO_LARGE" });
});

function refusalOf(check: () => void): GramcastError | null {
  try {
    check();
    return null;
  } catch (error) {
    assert.ok(error instanceof GramcastError);
    return error;
  }
}
