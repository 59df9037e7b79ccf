import assert from "node:assert/strict";
import { lineLog } from "./log.ts";

Deno.test("lineLog() lets no control character through, and leaves every other one alone", () => {
  const lines: string[] = [];
  const log = lineLog((line) => lines.push(line), (line) => lines.push(line));
  log.info("Äpfel, 漢字, 🏊 and a\ttab");
  log.warn("\x1b[2J\x1b]0;title\x07 one\r\ntwo\x7f\x9b\u202e\u2028\ud800");
  assert.deepEqual(lines, [
    "Äpfel, 漢字, 🏊 and a\\u{9}tab",
    "\\u{1b}[2J\\u{1b}]0;title\\u{7} one\\u{d}\\u{a}two\\u{7f}\\u{9b}\\u{202e}\\u{2028}\\u{d800}",
  ]);
});
