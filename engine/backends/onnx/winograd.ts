/**
 * 3×3 convolutions with a quarter of the multiplications: F(4×4, 3×3) (Winograd 1980; Lavin and Gray 2016). Of each channel
 * a window of 6×6 values is transformed to 36 numbers, and so is each kernel; a product of matrices for each of the 36
 * gives what transforms back to 4×4 results. They differ by 1.2e-6 of their norm from a direct convolution's
 * (`deno task bench winograd`), which itself differs by about 2e-7 from exact. So only gradients are computed this way: in a
 * gradient such an error is no more than itself, before a ReLU or a max-pool it turns some the other way.
 *
 * @module
 */
import type { Features, Packed } from "./layout.ts";
import { ints, type ModelBuilder, NCHWC_DOMAIN, type Tensor } from "./model.ts";

/**
 * Where the polynomials that a convolution is a product of are evaluated, besides infinity. The usual 0, ±1 and ±2 give
 * errors of 1.9e-6 in no less time (Barabasz et al. 2020).
 */
const POINTS = [0, 1, -1, 1 / 2, -2] as const;
/** TensorProto's number for int64. */
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

/** Says of a 3×3 convolution to so many channels whether it is done by Winograd's algorithm. */
export type WinogradRule = (x: Features, outChannels: number) => boolean;

/**
 * Where Winograd's algorithm takes clearly less time than a direct convolution (`deno task bench winograd`): with fewer
 * windows transforms of kernels outweigh what it saves; with fewer channels it saves little, and takes more memory. On
 * larger maps it takes more than a step may (`deno task bench memory CLASSIC/ADAM/1024`: 2,992 MiB instead of 2,821). It
 * depends on nothing but sizes, for the same input to give the same bytes at every start.
 */
export function winogradPays({ channels, height, width }: Features, outChannels: number): boolean {
  const windows = tilesAlong(height) * tilesAlong(width);
  return Math.max(channels, outChannels) >= 256 && windows >= FEWEST_WINDOWS && windows <= MOST_WINDOWS;
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
  suits(x: Features, outChannels: number): boolean {
    return x.channels % this.#block === 0 && outChannels % this.#block === 0 && this.#rule(x, outChannels);
  }

  /** Declared shape of a packed kernel. */
  kernelShape(inChannels: number, outChannels: number): readonly number[] {
    return [9, inChannels * outChannels];
  }

  /**
   * Packs an HWIO kernel of 3×3 for the convolution that its gradient is: rotated by 180°, and from `outChannels` to
   * `inChannels`.
   */
  packKernel(kernel: Float32Array, inChannels: number, outChannels: number): Packed {
    const block = this.#block;
    const size = inChannels * outChannels;
    const data = new Float32Array(9 * size);
    // From (9, in, out) to (9, in / block, out, block), as kernels of 1×1 have it.
    for (let k = 0; k < 9; k++) {
      for (let i = 0; i < inChannels; i++) {
        for (let o = 0; o < outChannels; o++) {
          data[(8 - k) * size + (i - i % block) * outChannels + o * block + i % block] =
            kernel[k * size + i * outChannels + o]!;
        }
      }
    }
    return { data, shape: this.kernelShape(inChannels, outChannels) };
  }

  /**
   * A 3×3 SAME convolution of stride 1 with a packed kernel. Where kernels are large, in the depth, some of the results'
   * channels are computed at a time; where maps are, some rows.
   */
  conv(graph: ModelBuilder, x: Features, kernel: Tensor, outChannels: number, sum?: Features): Features {
    const { height, width } = x;
    const groups = this.#channelGroups(x, outChannels);
    const strips = groups.length > 1 ? [{ from: 0, to: tilesAlong(height) }] : this.#strips(x, outChannels);
    const kernels = groups.map((group) => this.#transformedKernel(graph, kernel, x, group, outChannels));
    const parts = strips.flatMap((strip) => {
      const windows = this.#windows(graph, x, strip);
      return groups.map(({ from, to }, group) => {
        const products = graph.node("Conv", [windows, kernels[group]!], {
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
    return { tensor, channels: outChannels, height, width };
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
   * each run, when the map is there: the addition of nothing makes ONNX Runtime wait for it.
   */
  #transformedKernel(
    graph: ModelBuilder,
    kernel: Tensor,
    x: Features,
    { from, to }: Part,
    outChannels: number,
  ): Tensor {
    const flat = graph.node("Reshape", [x.tensor, graph.ints([-1])]);
    const first = graph.node("Slice", [flat, graph.ints([0]), graph.ints([1])]);
    const nothing = graph.node("Mul", [first, graph.floats([0])]);
    let some = kernel;
    if (to - from < outChannels) {
      const none = graph.node("Cast", [nothing], { to: INT64 });
      const start = graph.node("Add", [graph.ints([from * x.channels]), none]);
      some = graph.node("Slice", [kernel, start, graph.ints([to * x.channels]), graph.ints([1])]);
    }
    const matrix = graph.node("Add", [graph.floats(KERNEL_MATRIX, [WINDOW ** 2, 9]), nothing]);
    const numbers = graph.node("MatMul", [matrix, some]);
    return graph.node("Reshape", [numbers, graph.ints([WINDOW ** 2 * (to - from), x.channels, 1, 1])]);
  }

  /** A strip's windows, transformed: (6 · 6 · channels, windows down, windows across), columns before rows. */
  #windows(graph: ModelBuilder, x: Features, { from, to }: Part): Tensor {
    const { channels, height, width } = x;
    const [top, bottom] = [Math.max(0, TILE * from - 1), Math.min(height, TILE * to + 1)];
    let tensor = x.tensor;
    if (bottom - top < height) {
      const map = graph.node("Reshape", [tensor, graph.ints([channels / this.#block, height, width, this.#block])]);
      const rows = graph.node("Slice", [map, graph.ints([top]), graph.ints([bottom]), graph.ints([1])]);
      tensor = graph.node("Reshape", [rows, graph.ints([1, channels, bottom - top, width])]);
    }
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
