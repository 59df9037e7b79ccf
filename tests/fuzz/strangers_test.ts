import { fuzzStrangers } from "./strangers.ts";

Deno.test("a few hundred strangers are told that they are not known, and nothing else", () =>
  fuzzStrangers(20_261_129, 300));
