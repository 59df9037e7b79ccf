import assert from "node:assert/strict";

/** What tells of the server's inside: its files, its stacks, its storage, and that it has a bug. */
const LEAK = /file:\/\/\/(?!etc)|ext:deno|\.[jt]s:\d+|node_modules| {4}at |sqlite|"INTERNAL"/i;

/** Asserts that an answer is no bug and tells nothing of the server's inside; what hostile clients send may come back. */
export function assertTellsNothing(answer: string): void {
  assert.doesNotMatch(answer.replaceAll("/etc/passwd", ""), LEAK);
}
