/**
 * The thread behind `JsonReader`: takes bytes in pieces, answers with what they say.
 *
 * @module
 */
import { excessOf, JSON_LIMITS } from "./json_structure.ts";

/** What comes back from the thread: the value, or what there is too much of, null where it is no JSON. */
export type Reading = { readonly value: unknown } | { readonly excess: string | null };

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<readonly Uint8Array[]>) => void;
  postMessage(message: Reading): void;
};

scope.onmessage = ({ data }) => scope.postMessage(read(data));

function read(pieces: readonly Uint8Array[]): Reading {
  const decoder = new TextDecoder();
  const text = pieces.map((piece) => decoder.decode(piece, { stream: true })).join("") + decoder.decode();
  const excess = excessOf(text, JSON_LIMITS);
  if (excess !== undefined) return { excess };
  try {
    return { value: JSON.parse(text) };
  } catch {
    return { excess: null };
  }
}
