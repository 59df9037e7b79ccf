import assert from "node:assert/strict";
import { type ErrorCode, GramcastError } from "../../errors.ts";

/** Whether an error has this code and says these things on one line, without a path. For `assert.rejects`. */
export function isError(code: ErrorCode, ...parts: string[]): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof GramcastError, String(error));
    assert.deepEqual([error.code, error.message.split("\n").length], [code, 1], error.message);
    for (const part of parts) assert.ok(error.message.includes(part), error.message);
    assert.doesNotMatch(error.message, /\/tmp/);
    return true;
  };
}
