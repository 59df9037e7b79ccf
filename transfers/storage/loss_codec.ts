import type { Losses, LossPoint } from "../../engine/objective/losses.ts";

/** What the losses of a step are of, beside the totals: all steps of a transfer share one. */
export type LossLayers = readonly (readonly [layer: string, kind: "content" | "style"])[];

/** Losses as rows have them: the numbers of each step, and what they are of once for all steps. */
export interface EncodedLosses {
  /** Float64, little-endian: total, content, style, tv, then one for each layer. */
  readonly values: Uint8Array;
  /** `LossLayers` as JSON. */
  readonly layers: string;
}

export function encodeLosses({ total, content, style, tv, layers }: Losses): EncodedLosses {
  const values = new Float64Array([total, content, style, tv, ...layers.map(({ value }) => value)]);
  return {
    values: new Uint8Array(values.buffer),
    layers: JSON.stringify(layers.map(({ layer, kind }) => [layer, kind])),
  };
}

export function decodeLosses(encoded: Uint8Array, layers: LossLayers): Losses {
  const values = numbers(encoded);
  return {
    total: values[0]!,
    content: values[1]!,
    style: values[2]!,
    tv: values[3]!,
    layers: layers.map(([layer, kind], i) => ({ layer, kind, value: values[4 + i]! })),
  };
}

/** The losses of a step without its layers. */
export function decodeLossPoint(step: number, encoded: Uint8Array): LossPoint {
  const values = numbers(encoded);
  return { step, total: values[0]!, content: values[1]!, style: values[2]!, tv: values[3]! };
}

/** A copy: a blob may begin at any byte, numbers may not. */
function numbers(bytes: Uint8Array): Float64Array {
  return new Float64Array(bytes.slice().buffer);
}
