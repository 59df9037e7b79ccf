/**
 * Optical flow: how the places of one picture have moved in another.
 *
 * TV-L1 of Zach, Pock and Bischof (2007), "A Duality Based Approach for Realtime TV-L1 Optical Flow", as Sánchez,
 * Meinhardt-Llopis and Facciolo (2013) write it down: luma stays what it was, and the flow is smooth but for edges. From
 * coarse to fine, with a median filter after each linearisation (Sun, Roth and Black 2010).
 *
 * @module
 */
import type { Picture, Size } from "../picture.ts";
import { type Flow, followed, leadsInside, stillness } from "./flow.ts";
import { halved, lumaPlane, type Plane, smoothed } from "./plane.ts";

/** The coarsest pictures have a shorter side of at least this. */
const SMALLEST_SIDE = 12;
/** What a difference of luma (0–255) counts beside the flow's variation; the paper's λ, which is 0.15 there. */
const FIDELITY = 0.3;
/** How far luma and variation may be at odds within a step; the paper's θ, 0.3 there. */
const SLACK = 0.5;
/** Of the dual variables: up to 1/4 converges. */
const DUAL_STEP = 0.25;
/** Times that luma is linearised at the present flow, and steps for each. */
const LINEARISATIONS = 3;
const STEPS = 15;
/** A gradient whose square is smaller says nothing. */
const LEAST_GRADIENT = 1e-6;
/** Pixels of a motion that is none: what stands still is then carried on as it is, and not by interpolation. */
const LEAST_MOTION = 0.02;

/**
 * The flow from one picture to another of the same size. The same pictures give the same flow to the bit, and where all is the
 * same in both nothing moves.
 */
export function opticalFlow(from: Picture, to: Picture): Flow {
  let pair = { from: smoothed(lumaPlane(from)), to: smoothed(lumaPlane(to)) };
  const pyramid = [pair];
  while (Math.min(pair.from.width, pair.from.height) >= 2 * SMALLEST_SIDE) {
    pyramid.push(pair = { from: halved(smoothed(pair.from)), to: halved(smoothed(pair.to)) });
  }
  let flow = stillness(pair.from);
  for (const { from, to } of pyramid.reverse()) {
    flow = refined(from, to, flow.width < from.width ? doubled(flow, from) : flow);
  }
  for (let i = 0; i < flow.x.length; i++) {
    if (flow.x[i]! ** 2 + flow.y[i]! ** 2 < LEAST_MOTION ** 2) flow.x[i] = flow.y[i] = 0;
  }
  return flow;
}

/** The flow of a half (see `halved()`) for the whole. */
function doubled(half: Flow, size: Size): Flow {
  const [x, y] = [half.x, half.y].map((values) => {
    const double = new Float32Array(size.width * size.height);
    for (let j = 0; j < size.height; j++) {
      const top = (j >> 1) * half.width;
      const bottom = Math.min(half.height - 1, (j + 1) >> 1) * half.width;
      for (let i = 0; i < size.width; i++) {
        const [left, right] = [i >> 1, Math.min(half.width - 1, (i + 1) >> 1)];
        // The mean of the four, twice as far.
        double[j * size.width + i] =
          (values[top + left]! + values[top + right]! + values[bottom + left]! + values[bottom + right]!) / 2;
      }
    }
    return double;
  });
  return { ...size, x: x!, y: y! };
}

/** A flow at one size, made better. */
function refined(from: Plane, to: Plane, initial: Flow): Flow {
  const { width, height } = from;
  const slopes = slopesOf(to);
  const dualsX = new Duals(from);
  const dualsY = new Duals(from);
  let { x, y } = initial;
  for (let n = 0; n < LINEARISATIONS; n++) {
    const change = changeAt({ width, height, x, y }, from, to, slopes);
    for (let step = 0; step < STEPS; step++) {
      matchLuma(change, x, y);
      dualsX.smooth(x);
      dualsY.smooth(y);
    }
    x = medians(x, from);
    y = medians(y, from);
  }
  return { width, height, x, y };
}

interface Slopes {
  readonly x: Float32Array;
  readonly y: Float32Array;
}

/** Half the difference of the neighbours on both sides; 0 at the border. */
function slopesOf({ width, height, values }: Plane): Slopes {
  const [x, y] = [new Float32Array(values.length), new Float32Array(values.length)];
  for (let j = 0; j < height; j++) {
    for (let i = 0; i < width; i++) {
      const at = j * width + i;
      if (i > 0 && i < width - 1) x[at] = (values[at + 1]! - values[at - 1]!) / 2;
      if (j > 0 && j < height - 1) y[at] = (values[at + width]! - values[at - width]!) / 2;
    }
  }
  return { x, y };
}

/** How luma changes with the flow near the present one: constant + x · flow.x + y · flow.y. */
interface Change extends Slopes {
  readonly constant: Float32Array;
}

/** Where the flow leads out of the picture there is nothing to compare, and luma does not change. */
function changeAt(flow: Flow, from: Plane, to: Plane, slopes: Slopes): Change {
  const constant = followed(to.values, 1, flow);
  const [x, y] = [followed(slopes.x, 1, flow), followed(slopes.y, 1, flow)];
  for (let j = 0; j < flow.height; j++) {
    for (let i = 0; i < flow.width; i++) {
      const at = j * flow.width + i;
      if (leadsInside(flow, i, j)) constant[at]! -= from.values[at]! + x[at]! * flow.x[at]! + y[at]! * flow.y[at]!;
      else constant[at] = x[at] = y[at] = 0;
    }
  }
  return { constant, x, y };
}

/** Moves the flow along the gradient to where luma does not change, but no farther than variation allows. */
function matchLuma(change: Change, x: Float32Array, y: Float32Array): void {
  const most = FIDELITY * SLACK;
  for (let i = 0; i < x.length; i++) {
    const [slopeX, slopeY] = [change.x[i]!, change.y[i]!];
    const square = slopeX * slopeX + slopeY * slopeY;
    if (square < LEAST_GRADIENT) continue;
    const left = change.constant[i]! + slopeX * x[i]! + slopeY * y[i]!;
    const way = -Math.min(most, Math.max(-most, left / square));
    x[i]! += way * slopeX;
    y[i]! += way * slopeY;
  }
}

/** The dual variables of one component's variation: where its edges are. */
class Duals {
  readonly #width: number;
  readonly #height: number;
  readonly #x: Float32Array;
  readonly #y: Float32Array;

  constructor({ width, height }: Size) {
    this.#width = width;
    this.#height = height;
    this.#x = new Float32Array(width * height);
    this.#y = new Float32Array(width * height);
  }

  /** Takes variation from `values`, and comes nearer to how much is to be taken. */
  smooth(values: Float32Array): void {
    const [width, height, px, py] = [this.#width, this.#height, this.#x, this.#y];
    for (let j = 0; j < height; j++) {
      for (let i = 0; i < width; i++) {
        const at = j * width + i;
        const divergence = px[at]! - (i > 0 ? px[at - 1]! : 0) + py[at]! - (j > 0 ? py[at - width]! : 0);
        values[at]! += SLACK * divergence;
      }
    }
    const rate = DUAL_STEP / SLACK;
    for (let j = 0; j < height; j++) {
      for (let i = 0; i < width; i++) {
        const at = j * width + i;
        const riseX = i < width - 1 ? values[at + 1]! - values[at]! : 0;
        const riseY = j < height - 1 ? values[at + width]! - values[at]! : 0;
        const length = 1 + rate * Math.sqrt(riseX * riseX + riseY * riseY);
        px[at] = (px[at]! + rate * riseX) / length;
        py[at] = (py[at]! + rate * riseY) / length;
      }
    }
  }
}

/** Each value's median with its eight neighbours; at the border the value itself. */
function medians(values: Float32Array, { width, height }: Size): Float32Array {
  const result = values.slice();
  const nine = new Float32Array(9);
  for (let j = 1; j < height - 1; j++) {
    for (let i = 1; i < width - 1; i++) {
      const at = j * width + i;
      for (let k = 0; k < 9; k++) nine[k] = values[at + (Math.floor(k / 3) - 1) * width + (k % 3) - 1]!;
      result[at] = middleOfNine(nine);
    }
  }
  return result;
}

/** By insertion up to the middle. */
function middleOfNine(nine: Float32Array): number {
  for (let i = 1; i < 9; i++) {
    const value = nine[i]!;
    let j = i - 1;
    for (; j >= 0 && nine[j]! > value; j--) nine[j + 1] = nine[j]!;
    nine[j + 1] = value;
  }
  return nine[4]!;
}
