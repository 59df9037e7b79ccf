import assert from "node:assert/strict";
import { relativeDistance } from "../../testing/distance.ts";
import { formulaNoise } from "../../testing/formula.ts";
import { BlockedLayout } from "./blocked_layout.ts";
import { detectBlock } from "./detect_block.ts";
import { ModelBuilder } from "./model.ts";
import { Session } from "./session.ts";
import { Winograd, winogradPays } from "./winograd.ts";

const block = await detectBlock();
const IN = 16;
const OUT = 32;

/** A map's size, and how its convolution is asked for. */
interface Given {
  readonly height: number;
  readonly width: number;
  readonly sum?: boolean;
  readonly bias?: boolean;
  readonly relu?: boolean;
  readonly partBytes?: number;
  /** In place of the map's first value. */
  readonly first?: number;
}

const noise = (count: number, salt: number) => Float32Array.from(formulaNoise(count, salt));

/** Results as (pixels × channels), by Winograd's algorithm and by plain loops. */
async function bothWays({ height, width, sum, bias, relu = false, partBytes, first }: Given) {
  const layout = new BlockedLayout(block!);
  const winograd = new Winograd(block!, () => true, partBytes);
  const area = height * width;
  const [x, kernel, added] = [noise(area * IN, 1), noise(9 * IN * OUT, 2), noise(area * OUT, 3)];
  x[0] = first ?? x[0]!;
  const constant = bias ? noise(OUT, 4) : new Float32Array(OUT);
  const graph = new ModelBuilder();
  const map = (name: string, channels: number) => {
    return { tensor: graph.input(name, layout.shape(channels, height, width)), channels, height, width };
  };
  const packed = graph.input("kernel", winograd.kernelShape(IN, OUT));
  const y = winograd.conv(graph, map("x", IN), packed, OUT, {
    relu,
    ...(sum ? { sum: map("sum", OUT) } : {}),
    ...(bias ? { bias: graph.input("bias", [OUT]) } : {}),
  });
  graph.output("y", layout.toPlanar(graph, y, OUT), [1, OUT, height, width]);
  const session = await Session.create(
    graph,
    { get: () => undefined },
    new Map([
      ["x", layout.packRows(x, IN)],
      ["kernel", winograd.packKernel(kernel, IN, OUT).data],
      ["bias", constant],
      ["sum", layout.packRows(added, OUT)],
    ]),
    { executionProviders: ["cpu"], intraOpNumThreads: 1 },
  );
  const found = (await session.run({})).get("y")!;
  await session.dispose();

  const wanted = new Float32Array(area * OUT);
  for (let o = 0; o < OUT; o++) {
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        const pixel = row * width + column;
        let value = constant[o]! + (sum ? added[pixel * OUT + o]! : 0);
        for (let k = 0; k < 9; k++) {
          const [r, c] = [row + Math.floor(k / 3) - 1, column + k % 3 - 1];
          if (r < 0 || r >= height || c < 0 || c >= width) continue;
          for (let i = 0; i < IN; i++) value += x[(r * width + c) * IN + i]! * kernel[(k * IN + i) * OUT + o]!;
        }
        wanted[o * area + pixel] = relu ? Math.max(0, value) : value;
      }
    }
  }
  return { found, wanted };
}

async function check(given: Given) {
  const { found, wanted } = await bothWays(given);
  const distance = relativeDistance(found, wanted);
  assert.ok(distance < 4e-6, `${JSON.stringify(given)}: relative distance ${distance}`);
}

const ignore = block === null;

Deno.test({
  name: "Winograd's algorithm gives what a convolution does at sizes around multiples of its tile",
  ignore,
  async fn() {
    for (let height = 1; height <= 9; height++) {
      for (const width of [1, 3, 4, 5, 6, 7, 8, 9]) await check({ height, width });
    }
  },
});

Deno.test({
  name: "Winograd's algorithm adds another map",
  ignore,
  fn: () => check({ height: 6, width: 7, sum: true }),
});

Deno.test({
  name: "Winograd's algorithm adds a bias, some channels or some rows at a time too, and a ReLU comes after it",
  ignore,
  async fn() {
    await check({ height: 6, width: 7, bias: true });
    await check({ height: 6, width: 7, bias: true, relu: true });
    await check({ height: 9, width: 6, bias: true, relu: true, partBytes: 8 * 4 * 36 * IN });
    await check({ height: 13, width: 25, bias: true, relu: true, partBytes: 4 * 36 * IN * OUT });
  },
});

Deno.test({
  name: "Winograd's algorithm gives numbers for numbers beside a value that is none",
  ignore,
  async fn() {
    // All channels at once, some of them, and some rows.
    for (const partBytes of [undefined, 8 * 4 * 36 * IN, 4 * 36 * IN * OUT]) {
      const { found } = await bothWays({ height: 13, width: 25, first: NaN, ...(partBytes ? { partBytes } : {}) });
      assert.ok(Number.isNaN(found[0]) && Number.isFinite(found.at(-1)));
    }
  },
});

Deno.test({
  name: "Winograd's algorithm gives the same some channels at a time",
  ignore,
  async fn() {
    const channel = 4 * 36 * IN;
    for (const channels of [8, 16, 24]) {
      await check({ height: 9, width: 6, partBytes: channels * channel });
    }
  },
});

Deno.test({
  name: "Winograd's algorithm gives the same some rows at a time, however the last ones end",
  ignore,
  async fn() {
    const kernels = 4 * 36 * IN * OUT;
    // Strips of one row of windows, and of two.
    for (const width of [25, 13]) {
      for (const height of [5, 8, 13, 14, 15, 16, 17]) {
        await check({ height, width, partBytes: kernels });
      }
    }
  },
});

Deno.test("Winograd's algorithm is chosen by sizes alone, and not for few channels or few windows", () => {
  const map = (channels: number, side: number) => ({ tensor: "", channels, height: side, width: side });
  assert.equal(winogradPays("gradient", map(256, 29), 256), true);
  assert.equal(winogradPays("gradient", map(256, 28), 256), false);
  assert.equal(winogradPays("gradient", map(256, 167), 128), true);
  assert.equal(winogradPays("gradient", map(128, 334), 128), false);
  assert.equal(winogradPays("gradient", map(256, 256), 256), false);
  assert.equal(winogradPays("forward", map(256, 32), 512), true);
  assert.equal(winogradPays("forward", map(256, 32), 256), false);
});
