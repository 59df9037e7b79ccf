/**
 * The thread behind `describeWeights`: takes one path, answers with a description or a failure.
 *
 * @module
 */
import { type ErrorCode, GramcastError } from "../errors.ts";
import { loadWeights } from "./load_weights.ts";
import type { WeightsDescription } from "./loaded_weights.ts";

/** What comes back from the thread. */
export type Description = WeightsDescription | { readonly code: ErrorCode; readonly message: string };

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<string>) => void;
  postMessage(message: Description): void;
};

scope.onmessage = async ({ data: path }) => {
  try {
    const { parameters: _, ...description } = await loadWeights(path);
    scope.postMessage(description);
  } catch (error) {
    if (!(error instanceof GramcastError)) throw error;
    scope.postMessage({ code: error.code, message: error.message });
  }
};
