/**
 * How one axis of a picture is cut into tiles. Every tile has a core, which it alone answers for, and around it a margin
 * from which the core's features come. All tiles have one length, for one compiled graph to serve them all.
 *
 * @module
 */
import { marginOf, strideOf } from "./receptive_field.ts";

/** A tile along an axis, in pixels: the tile from `start`, its core from `coreStart` to `coreEnd` (exclusive). */
export interface Span {
  readonly start: number;
  readonly coreStart: number;
  readonly coreEnd: number;
}

export interface Axis {
  /** Of every tile. */
  readonly length: number;
  /** Their cores cover the axis once. */
  readonly spans: readonly Span[];
}

/** Cores narrower than this, or than the margin, are not worth their overlap. */
const NARROWEST_CORE = 64;

/**
 * Cuts an axis into at most `count` tiles, as short as they can be.
 *
 * Tiles begin at multiples of the stride, where whole windows of all pools begin. Their length leaves the same remainder
 * as the whole axis, so that the last tile ends where the picture does; the others end somewhere in a window, which
 * spoils no more than their margin.
 */
export function cutAxis(length: number, count: number, layer: string): Axis {
  const [stride, margin] = [strideOf(layer), marginOf(layer)];
  const remainder = length % stride;
  // From one tile's start to the next one's: cores in the middle are as long.
  const step = stride * Math.max(1, Math.ceil((length - remainder - 2 * margin) / (count * stride)));
  const tile = margin + step + margin + remainder;
  if (count === 1 || tile >= length) return { length, spans: [{ start: 0, coreStart: 0, coreEnd: length }] };
  const last = length - tile;
  const starts = Array.from({ length: Math.ceil(last / step) + 1 }, (_, i) => Math.min(i * step, last));
  return {
    length: tile,
    spans: starts.map((start, i) => ({
      start,
      coreStart: i === 0 ? 0 : start + margin,
      coreEnd: i === starts.length - 1 ? length : starts[i + 1]! + margin,
    })),
  };
}

/** The ways to cut an axis that are worth it, from one long tile to many short ones. */
export function cutsOf(length: number, layer: string): Axis[] {
  const most = Math.max(1, Math.floor(length / Math.max(NARROWEST_CORE, marginOf(layer))));
  return Array.from({ length: most }, (_, i) => cutAxis(length, i + 1, layer));
}
