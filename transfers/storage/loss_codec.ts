import type { Losses, LossPoint } from "../../../engine/objective/losses.ts";
import { parseStored } from "./storage_error.ts";

/** Losses as rows have them: the numbers of each step, and what they are of once for all steps. */
interface EncodedLosses {
  /** Float64, little-endian: total, content, style, tv, then one for each layer. */
  readonly values: Uint8Array;
  /** JSON of the layers without their values. */
  readonly layers: string;
}

export function encodeLosses({ total, content, style, tv, layers }: Losses): EncodedLosses {
  const values = new Float64Array([total, content, style, tv, ...layers.map(({ value }) => value)]);
  return {
    values: new Uint8Array(values.buffer),
    layers: JSON.stringify(layers.map(({ layer, kind }) => [layer, kind])),
  };
}

export function decodeLosses(encoded: EncodedLosses): Losses {
  const values = numbers(encoded.values);
  const layers: [string, "content" | "style"][] = parseStored(encoded.layers);
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
