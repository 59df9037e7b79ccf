import assert from "node:assert/strict";
import { commandJob, jobCommand } from "./messages.ts";
import { smallJob } from "./testing/supervisor_stage.ts";

Deno.test("a job comes out of its command as it went in, each style with its own pictures, weight and scale", async () => {
  const bytes = (value: number) => Uint8Array.of(value);
  const style = { picture: bytes(1), weight: 2, scale: 0.5, mask: bytes(3), region: null };
  const other = { picture: bytes(4), weight: 1, scale: 4, mask: null, region: bytes(5) };
  const job = { ...await smallJob({}), styles: [style, other], contentMask: bytes(6), checkpoint: bytes(7) };
  const [command, parts] = jobCommand(job);
  assert.equal(command.kind, "run");
  const sent = JSON.parse(JSON.stringify(command)) as typeof command;
  assert.deepEqual(sent.kind === "run" && commandJob(sent, parts), job);
});
