/**
 * 3×3 convolutions with a quarter of the multiplications: F(4×4, 3×3) (Winograd 1980; Lavin and Gray 2016). Of each channel
 * a window of 6×6 values is transformed to 36 numbers, and so is each kernel; a product of matrices for each of the 36
 * gives what transforms back to 4×4 results. They differ by 1.2e-6 of their norm from a direct convolution's
 * (`deno task bench winograd`), which itself differs by about 2e-7 from exact. In a gradient such an error is no more than
 * itself; before a ReLU or a max-pool it turns some the other way. So features are computed this way in the deepest layers
 * alone.
 *
 * @module
 */
import type { ConvOptions, Features, Packed } from "./layout.ts";
import { ints, type ModelBuilder, NCHWC_DOMAIN, type Tensor } from "./model.ts";

/**
 * Where the polynomials that a convolution is a product of are evaluated, besides infinity. The usual 0, ±1 and ±2 give
 * errors of 1.9e-6 in no less time (Barabasz et al. 2020).
 */
const POINTS = [0, 1, -1, 1 / 2, -2] as const;
/** TensorProto's numbers for types. */
const FLOAT = 1n;
const INT64 = 7n;

/** Side of the results of a window. */
const TILE = 4;
/** Side of a window: that of the results and what a kernel sees around them. */
const WINDOW = TILE + 2;

/** Rows of the transform of windows, Bᵀ: coefficients of the product of x − p over all other points. */
const WINDOW_TRANSFORM: readonly (readonly number[])[] = [
  ...POINTS.map((point) => [...polynomial(POINTS.filter((other) => other !== point)), 0]),
  polynomial(POINTS),
];
/** Rows of the transform of kernels, G: powers of a point, divided by its row of Bᵀ at it. */
const KERNEL_TRANSFORM: readonly (readonly number[])[] = [
  ...POINTS.map((point) => {
    const norm = POINTS.reduce((product, other) => other === point ? product : product * (point - other), 1);
    return [1 / norm, point / norm, point ** 2 / norm];
  }),
  [0, 0, 1],
];
/** Both axes of G at once: 36 numbers of a kernel's 9 values. */
const KERNEL_MATRIX = KERNEL_TRANSFORM.flatMap((across) =>
  KERNEL_TRANSFORM.flatMap((down) => down.flatMap((s) => across.map((t) => s * t)))
);
/** Rows of the transform back, Aᵀ. */
const RESULT_TRANSFORM: readonly (readonly number[])[] = Array.from(
  { length: TILE },
  (_, power) => [...POINTS.map((point) => point ** power), power === TILE - 1 ? 1 : 0],
);

/** Both axes of Aᵀ at once: 16 results of 36 products. */
const RESULT_MATRIX = RESULT_TRANSFORM.flatMap((row) =>
  RESULT_TRANSFORM.flatMap((column) => column.flatMap((right) => row.map((left) => left * right)))
);

/**
 * What a convolution works on at a time, in bytes: transformed kernels, or windows' numbers and products. Less leaves
 * matrices too small; more does not fit into a processor's cache, and is memory that a step takes beside its maps.
 */
const PART_BYTES = 10e6;

/** Windows of a map: 8 × 8, and a little more than the 42 × 42 that a map of 256 channels has at 668 pixels. */
const FEWEST_WINDOWS = 64;
const MOST_WINDOWS = 1800;

/** What a convolution is for: features, or a gradient to them. */
export type Pass = "forward" | "gradient";

/**
 * Channels in or out. Gradients through fewer save little. Features of fewer lie before more ReLUs and pools than the
 * conformance suite's tolerances have room for.
 */
const FEWEST_CHANNELS: Readonly<Record<Pass, number>> = { forward: 512, gradient: 256 };

/** Says of a 3×3 convolution to so many channels whether it is done by Winograd's algorithm. */
export type WinogradRule = (pass: Pass, x: Features, outChannels: number) => boolean;

/**
 * Where Winograd's algorithm takes clearly less time than a direct convolution (`deno task bench winograd`): with fewer
 * windows transforms of kernels outweigh what it saves. It depends on nothing but sizes, for the same input to give the
 * same bytes at every start.
 */
export function winogradPays(pass: Pass, { channels, height, width }: Features, outChannels: number): boolean {
  const windows = tilesAlong(height) * tilesAlong(width);
  return Math.max(channels, outChannels) >= FEWEST_CHANNELS[pass] && windows >= FEWEST_WINDOWS &&
    windows <= MOST_WINDOWS;
}

/** Winograd's algorithm on features in blocks, see `BlockedLayout`. */
export class Winograd {
  readonly #block: number;
  readonly #rule: WinogradRule;
  readonly #partBytes: number;

  /** @param partBytes Of other parts, for tests. */
  constructor(block: number, rule: WinogradRule = winogradPays, partBytes = PART_BYTES) {
    this.#block = block;
    this.#rule = rule;
    this.#partBytes = partBytes;
  }

  /** Whether a 3×3 SAME convolution of stride 1 to so many channels is to be done so. */
  suits(pass: Pass, x: Features, outChannels: number): boolean {
    return x.channels % this.#block === 0 && outChannels % this.#block === 0 && this.#rule(pass, x, outChannels);
  }

  /** Declared shape of a packed kernel. */
  kernelShape(inChannels: number, outChannels: number): readonly number[] {
    return [9, inChannels * outChannels];
  }

  /** Packs an HWIO kernel of 3×3. */
  packKernel(kernel: Float32Array, inChannels: number, outChannels: number): Packed {
    const block = this.#block;
    const size = inChannels * outChannels;
    const data = new Float32Array(9 * size);
    // From (9, in, out) to (9, out / block, in, block), as kernels of 1×1 have it.
    for (let row = 0; row < 9 * inChannels; row++) {
      const to = (row - row % inChannels) * outChannels + (row % inChannels) * block;
      for (let o = 0; o < outChannels; o += block) {
        data.set(kernel.subarray(row * outChannels + o, row * outChannels + o + block), to + o * inChannels);
      }
    }
    return { data, shape: this.kernelShape(inChannels, outChannels) };
  }

  /**
   * A 3×3 SAME convolution of stride 1 with a packed kernel. Where kernels are large, in the depth, some of the results'
   * channels are computed at a time; where maps are, some rows.
   */
  conv(
    graph: ModelBuilder,
    x: Features,
    kernel: Tensor,
    outChannels: number,
    { bias, sum, relu }: Pick<ConvOptions, "bias" | "sum" | "relu"> = {},
  ): Features {
    const { height, width } = x;
    const groups = this.#channelGroups(x, outChannels);
    const strips = groups.length > 1 ? [{ from: 0, to: tilesAlong(height) }] : this.#strips(x, outChannels);
    const nothing = zeroOf(graph, x);
    const kernels = groups.map((group) => this.#transformedKernel(graph, kernel, x, group, outChannels, nothing));
    const parts = strips.flatMap((strip) => {
      const windows = this.#windows(graph, x, strip, nothing);
      return groups.map((group, i) => {
        const { from, to } = group;
        const added = bias === undefined ? [] : [this.#productBias(graph, bias, group, outChannels)];
        const products = graph.node("Conv", [windows, kernels[i]!, ...added], {
          group: BigInt(WINDOW ** 2),
          kernel_shape: ints(1, 1),
          strides: ints(1, 1),
          pads: ints(0, 0, 0, 0),
        }, NCHWC_DOMAIN);
        return this.#results(graph, products, strip, { channels: to - from, height, width });
      });
    });
    let tensor = parts.length === 1 ? parts[0]! : graph.node("Concat", parts, { axis: groups.length > 1 ? 0n : 1n });
    tensor = graph.node("Reshape", [tensor, graph.ints([1, outChannels, height, width])]);
    if (sum) tensor = graph.node("Add", [tensor, sum.tensor]);
    if (relu) tensor = graph.node("Relu", [tensor]);
    return { tensor, channels: outChannels, height, width };
  }

  /** A bias for the products at point 1 of both axes: the transform back gives those to all results alike. */
  #productBias(graph: ModelBuilder, bias: Tensor, { from, to }: Part, outChannels: number): Tensor {
    const some = to - from < outChannels ? graph.node("Slice", [bias, graph.ints([from]), graph.ints([to])]) : bias;
    const one = POINTS.indexOf(1) * (WINDOW + 1);
    const pads = [one, WINDOW ** 2 - one - 1].map((groups) => groups * (to - from));
    return graph.node("Pad", [some, graph.ints(pads)]);
  }

  /** Channels of the results whose kernels are transformed at a time: whole blocks. */
  #channelGroups({ channels }: Features, outChannels: number): Part[] {
    const blocks = outChannels / this.#block;
    const parts = cut(blocks, 4 * WINDOW ** 2 * channels * this.#block, this.#partBytes);
    return parts.map(({ from, to }) => ({ from: from * this.#block, to: to * this.#block }));
  }

  /** Rows of windows that are transformed at a time. */
  #strips({ channels, height, width }: Features, outChannels: number): Part[] {
    return cut(tilesAlong(height), 4 * WINDOW ** 2 * tilesAlong(width) * (channels + outChannels), this.#partBytes);
  }

  /**
   * The transform of the kernels to some channels. It takes four times the kernels' memory, and is therefore made anew at
   * each run, when the map is there: the addition of `nothing` makes ONNX Runtime wait for it.
   */
  #transformedKernel(
    graph: ModelBuilder,
    kernel: Tensor,
    x: Features,
    { from, to }: Part,
    outChannels: number,
    nothing: Tensor,
  ): Tensor {
    let some = kernel;
    if (to - from < outChannels) {
      const start = graph.node("Add", [graph.ints([from * x.channels]), nothing]);
      some = graph.node("Slice", [kernel, start, graph.ints([to * x.channels]), graph.ints([1])]);
    }
    const none = graph.node("Cast", [nothing], { to: FLOAT });
    const matrix = graph.node("Add", [graph.floats(KERNEL_MATRIX, [WINDOW ** 2, 9]), none]);
    const numbers = graph.node("MatMul", [matrix, some]);
    return graph.node("Reshape", [numbers, graph.ints([WINDOW ** 2 * (to - from), x.channels, 1, 1])]);
  }

  /**
   * A strip's windows, transformed: (6 · 6 · channels, windows down, windows across), columns before rows.
   *
   * ONNX Runtime is not to know their shapes until it runs. Else it would keep the buffers of a forward pass' windows for
   * those of the backward pass, which are as large, and a step's peak lies in between.
   */
  #windows(graph: ModelBuilder, x: Features, { from, to }: Part, nothing: Tensor): Tensor {
    const { channels, height, width } = x;
    const [top, bottom] = [Math.max(0, TILE * from - 1), Math.min(height, TILE * to + 1)];
    let tensor = x.tensor;
    if (bottom - top < height) {
      const map = graph.node("Reshape", [tensor, graph.ints([channels / this.#block, height, width, this.#block])]);
      tensor = graph.node("Slice", [map, graph.ints([top]), graph.ints([bottom]), graph.ints([1])]);
    }
    const shape = graph.node("Add", [graph.ints([1, channels, bottom - top, width]), nothing]);
    tensor = graph.node("Reshape", [tensor, shape]);
    const down = { axis: "height", tiles: to - from, length: bottom - top, before: top - (TILE * from - 1) } as const;
    const across = { axis: "width", tiles: tilesAlong(width), length: width, before: 1 } as const;
    return this.#transformed(graph, this.#transformed(graph, tensor, channels, down), WINDOW * channels, across);
  }

  /** All rows of the transform of windows along one axis, one after the other: each a convolution of every channel by itself. */
  #transformed(graph: ModelBuilder, tensor: Tensor, channels: number, axis: Axis): Tensor {
    const rows = WINDOW_TRANSFORM.map((row) => this.#row(graph, tensor, channels, axis, row));
    return graph.node("Concat", rows, { axis: 1n });
  }

  #row(graph: ModelBuilder, tensor: Tensor, channels: number, axis: Axis, row: readonly number[]): Tensor {
    // Without the zeros around its values, as far as windows then still begin inside.
    const first = Math.min(row.findIndex((value) => value !== 0), axis.before);
    const values = row.slice(first, row.findLastIndex((value) => value !== 0) + 1);
    const before = axis.before - first;
    const after = Math.max(0, TILE * (axis.tiles - 1) + values.length - axis.length - before);
    const along = (value: number, other: number) => axis.axis === "height" ? [value, other] : [other, value];
    // (channels / block, values, block): the same values for every channel.
    const kernel = Array.from(
      { length: channels * values.length },
      (_, i) => values[Math.floor(i / this.#block) % values.length]!,
    );
    return graph.node("Conv", [tensor, graph.floats(kernel, [channels, 1, ...along(values.length, 1)])], {
      group: BigInt(channels),
      kernel_shape: ints(...along(values.length, 1)),
      strides: ints(...along(TILE, 1)),
      pads: ints(...along(before, 0), ...along(after, 0)),
    }, NCHWC_DOMAIN);
  }

  /** A strip's products transformed back to its rows of the map: (channels / block, rows, width, block). */
  #results(graph: ModelBuilder, products: Tensor, { from, to }: Part, map: Omit<Features, "tensor">): Tensor {
    const blocks = map.channels / this.#block;
    const [down, across] = [to - from, tilesAlong(map.width)];
    const numbers = graph.node("Reshape", [products, graph.ints([WINDOW ** 2, -1])]);
    let tensor = graph.node("MatMul", [graph.floats(RESULT_MATRIX, [TILE ** 2, WINDOW ** 2]), numbers]);
    tensor = graph.node("Reshape", [tensor, graph.ints([TILE, TILE, blocks * down, across, this.#block])]);
    tensor = graph.node("Transpose", [tensor], { perm: ints(2, 0, 3, 1, 4) });
    tensor = graph.node("Reshape", [tensor, graph.ints([blocks, TILE * down, TILE * across, this.#block])]);
    const rows = Math.min(map.height, TILE * to) - TILE * from;
    if (rows === TILE * down && map.width === TILE * across) return tensor;
    return graph.node("Slice", [tensor, graph.ints([0, 0]), graph.ints([rows, map.width]), graph.ints([1, 2])]);
  }
}

/** How windows lie along one axis of a strip. */
interface Axis {
  readonly axis: "height" | "width";
  readonly tiles: number;
  readonly length: number;
  /** Rows or columns of zeros before the first: 1 at a border of the map, else 0. */
  readonly before: number;
}

/** Channels of the results, or rows of windows; `to` is not included. */
interface Part {
  readonly from: number;
  readonly to: number;
}

/** Parts of about the same length that take no more than so many bytes, or have length 1. */
function cut(length: number, bytesEach: number, bytes: number): Part[] {
  const count = Math.ceil(length / Math.max(1, Math.floor(bytes / bytesEach)));
  const bound = (part: number) => Math.floor(length * part / count);
  return Array.from({ length: count }, (_, part) => ({ from: bound(part), to: bound(part + 1) }));
}

/** A whole number that is there when the map is, and is 0 whatever is in it. */
function zeroOf(graph: ModelBuilder, { tensor }: Features): Tensor {
  const flat = graph.node("Reshape", [tensor, graph.ints([-1])]);
  const first = graph.node("Slice", [flat, graph.ints([0]), graph.ints([1])]);
  return graph.node("Mul", [graph.node("Cast", [first], { to: INT64 }), graph.ints([0])]);
}

function tilesAlong(length: number): number {
  return Math.ceil(length / TILE);
}

/** Coefficients of the product of x − root over the roots, that of 1 first. */
function polynomial(roots: readonly number[]): number[] {
  return roots.reduce(
    (product, root) => [...product, 0].map((value, i) => (product[i - 1] ?? 0) - root * value),
    [1],
  );
}
