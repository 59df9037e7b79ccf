import type { Pixels } from "../picture.ts";
import type { Point } from "./optimizer.ts";
import { along } from "./vectors.ts";

/** Armijo's constant: the part of the predicted decrease that a step has to bring. */
const SUFFICIENT_DECREASE = 1e-4;
/** By what the stride is multiplied at a rejection, at least and at most. */
const SHORTEN = { least: 0.1, most: 0.5 };

/** A picture that was accepted, with its loss and gradient. */
export interface Origin extends Point {
  readonly pixels: Pixels;
}

/** A backtracking line search that waits for the loss at its trial point. */
export class LineSearch {
  readonly origin: Origin;
  readonly direction: Float32Array;
  /** Of the loss at the origin, along the direction. */
  readonly slope: number;
  /** How many times the direction the trial lies away from the origin. */
  readonly stride: number;
  /** Trials in a row that were rejected. */
  readonly rejections: number;
  /** Where the loss is to be evaluated. */
  readonly trial: Pixels;

  constructor(origin: Origin, direction: Float32Array, slope: number, stride: number, rejections = 0) {
    this.origin = origin;
    this.direction = direction;
    this.slope = slope;
    this.stride = stride;
    this.rejections = rejections;
    this.trial = along(origin.pixels, direction, stride);
  }

  accepts(loss: number): boolean {
    return decreasesEnough(this.#line, loss);
  }

  /** The search after a rejection. */
  shortened(loss: number): LineSearch {
    return new LineSearch(
      this.origin,
      this.direction,
      this.slope,
      shortenedStride(this.#line, loss),
      this.rejections + 1,
    );
  }

  get #line(): Line {
    return { loss: this.origin.loss, slope: this.slope, stride: this.stride };
  }
}

/** What is known of the loss along a search's direction. */
export interface Line {
  /** At the origin. */
  readonly loss: number;
  /** At the origin. */
  readonly slope: number;
  /** Of the trial. */
  readonly stride: number;
}

/** Whether the loss at the trial decreases enough (Armijo). */
export function decreasesEnough({ loss, slope, stride }: Line, lossAtTrial: number): boolean {
  return lossAtTrial <= loss + SUFFICIENT_DECREASE * stride * slope;
}

/** The stride after a rejection: to the minimum of the parabola through what is known, within bounds. */
export function shortenedStride({ loss, slope, stride }: Line, lossAtTrial: number): number {
  const predicted = slope * stride;
  const minimum = -predicted / (2 * (lossAtTrial - loss - predicted));
  const factor = Number.isFinite(minimum) ? Math.min(SHORTEN.most, Math.max(SHORTEN.least, minimum)) : SHORTEN.least;
  return stride * factor;
}
