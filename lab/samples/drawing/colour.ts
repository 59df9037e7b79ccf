import { clamp, mix } from "./maths.ts";

/** Red, green, blue from 0 to 1, in the values of sRGB; light may exceed 1 until it is shown. */
export type Colour = readonly [number, number, number];

/** Reads a colour as `"1a2b3c"`. */
export function hex(code: string): Colour {
  const value = parseInt(code, 16);
  return [(value >> 16) / 255, ((value >> 8) & 255) / 255, (value & 255) / 255];
}

/** Reads colours as `"1a2b3c 4d5e6f"`. */
export function palette(codes: string): Colour[] {
  return codes.trim().split(/\s+/).map(hex);
}

export function mixColours(a: Colour, b: Colour, share: number): Colour {
  return [mix(a[0], b[0], share), mix(a[1], b[1], share), mix(a[2], b[2], share)];
}

export function scaleColour(colour: Colour, factor: number): Colour {
  return [colour[0] * factor, colour[1] * factor, colour[2] * factor];
}

/** A colour between the stops of a ramp; `position` from 0 to 1. */
export function ramp(stops: readonly Colour[], position: number): Colour {
  const place = clamp(position, 0, 1) * (stops.length - 1);
  const below = Math.min(Math.floor(place), stops.length - 2);
  return mixColours(stops[below]!, stops[below + 1]!, place - below);
}
