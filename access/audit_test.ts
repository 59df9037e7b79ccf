import assert from "node:assert/strict";
import { lineLog } from "../transfers/log.ts";
import { FakeClock } from "../transfers/testing/fake_clock.ts";
import { Audit } from "./audit.ts";
import { MemoryAccessStore } from "./storage/memory_access_store.ts";

const ANN = { name: "ann\n's", owner: "ann", role: "USER", follows: null } as const;

Deno.test("what a caller does is one line of the log, whatever they are called", async () => {
  const lines: string[] = [];
  const log = lineLog((line) => lines.push(line), (line) => lines.push(line));
  await new Audit(new MemoryAccessStore(), new FakeClock(), log).recorder(ANN)("delete", "some id");
  assert.deepEqual(lines, ['Audit: delete "some id" by "ann\\n\'s", USER of "ann"']);
});

Deno.test("what was done stays done where it cannot be kept, and the log says so", async () => {
  const warnings: string[] = [];
  const store = new MemoryAccessStore();
  store.addAudit = () => Promise.reject(new Error("the disk is full"));
  const log = { info() {}, warn: (line: string) => void warnings.push(line) };
  await new Audit(store, new FakeClock(), log).recorder(ANN)("start", "some id");
  assert.deepEqual(warnings, ["Cannot keep what was audited: the disk is full"]);
});
