import assert from "node:assert/strict";
import { commandJob, jobCommand, pictureOf, pixelsOf } from "./messages.ts";
import { smallJob } from "./testing/supervisor_stage.ts";

Deno.test("a job comes out of its command as it went in, each style with its own pictures, weight and scale", async () => {
  const bytes = (value: number) => Uint8Array.of(value);
  const style = { picture: bytes(1), weight: 2, scale: 0.5, mask: bytes(3), region: null };
  const other = { picture: bytes(4), weight: 1, scale: 4, mask: null, region: bytes(5) };
  const job = { ...await smallJob({}), styles: [style, other], contentMask: bytes(6), checkpoint: bytes(7) };
  const later = { ...job, before: { content: bytes(8), result: bytes(9) } };
  for (const each of [job, later, { ...job, colors: bytes(10) }, { ...later, colors: bytes(10) }]) {
    const [command, parts] = jobCommand(each);
    assert.equal(command.kind, "run");
    const sent = JSON.parse(JSON.stringify(command)) as typeof command;
    assert.deepEqual(sent.kind === "run" && commandJob(sent, parts), each);
  }
});

Deno.test("a picture comes out of its pixels as it went in, with alpha and 16 bits and without", () => {
  const size = { width: 3, height: 5 };
  const rgb = Uint8Array.from({ length: 45 }, (_, i) => 5 * i);
  const alpha = Uint8Array.from({ length: 15 }, (_, i) => 17 * i);
  const rgb16 = Uint16Array.from({ length: 45 }, (_, i) => 1400 * i);
  for (
    const picture of [{ ...size, rgb }, { ...size, rgb, alpha }, { ...size, rgb, rgb16 }, {
      ...size,
      rgb,
      alpha,
      rgb16,
    }]
  ) {
    const message = new Uint8Array(500);
    message.set(pixelsOf(picture), 1);
    assert.deepEqual(pictureOf(size, message.subarray(1, 1 + pixelsOf(picture).length)), picture);
  }
});
