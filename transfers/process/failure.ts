import { GramcastError } from "../../errors.ts";
import { oneLine } from "../log.ts";
import type { TransferFailure } from "../types.ts";

/** An allocation that failed, as V8, ONNX Runtime and CUDA say it. */
const OUT_OF_MEMORY = /bad_alloc|allocat|out of memory|array buffer|array length/i;

/** What went wrong, as it is kept and shown. A fault of the program is not shown in its own words: they hold paths. */
export function failureOf(error: unknown): TransferFailure {
  if (error instanceof GramcastError) return { code: error.code, message: error.message };
  if (OUT_OF_MEMORY.test(oneLine(error))) {
    return {
      code: "ENGINE_OUT_OF_MEMORY",
      message: "Cannot continue: the engine ran out of memory, wanted a smaller size",
    };
  }
  return { code: "ENGINE_CRASHED", message: "Cannot continue: the engine failed" };
}

/** For what is under way, or asked for, when an engine is closed. */
export const ENGINE_CLOSED: TransferFailure = {
  code: "ENGINE_UNAVAILABLE",
  message: "Cannot continue: the engine is closed",
};

/** A failure of the engine as an error for whoever asked it. A fault of the program is not shown to them. */
export function errorOf({ code, message }: TransferFailure): GramcastError {
  return new GramcastError(code === "INTERNAL" ? "ENGINE_CRASHED" : code, message);
}
